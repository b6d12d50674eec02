using HubServer.Protocol;

namespace HubServer.LoadTest.Fanout;

/// <summary>The systems, HubServer first, to which the others are compared.</summary>
internal static class Systems
{
    public static IReadOnlyList<IFanoutSystem> All { get; } =
    [
        new ProductSystem(WireFormat.MessagePack),
        new ProductSystem(WireFormat.Json),
        new SignalRSystem(isStream: false, WireFormat.Json),
        new SignalRSystem(isStream: false, WireFormat.MessagePack),
        new SignalRSystem(isStream: true, WireFormat.Json),
        new SignalRSystem(isStream: true, WireFormat.MessagePack),
        new BareSystem(),
        new NchanSystem(),
        new NatsSystem(),
        new SocketIoSystem(),
    ];
}
