using System.Buffers;
using System.Diagnostics;
using HubServer.LoadTest.Baseline;
using HubServer.Protocol;

namespace HubServer.LoadTest.Fanout;

/// <summary>SignalR's <c>Clients.Group</c>: a group for each channel; the rows of a tick in one call, and out as a message each.</summary>
internal sealed class GroupsSystem(WireFormat format) : IFanoutSystem
{
    public string Name => format == WireFormat.MessagePack ? "signalr groups messagepack" : "signalr groups json";

    public string? InstallCommand => null;

    public string? ReadyPath => BaselineNode.ReadyPath;

    public IRowScanner Scanner { get; } = format == WireFormat.MessagePack ? new BinaryRowScanner() : new TextRowScanner();

    public ProcessStartInfo ServerOf(FanoutLoad load, string folder, int port, int secondPort) => BaselineStart.At(port);

    public Opening ViewerOf(FanoutLoad load, int viewer, Variety variety) =>
        HubOpenings.Viewer("/groups", format, HubOpenings.Invocation, nameof(GroupsHub.Join), HubBatches.Encode(format, load.ChannelIds));

    public Opening PublisherOf(PublishForm form) => form == PublishForm.Posts ? new Opening(null) : HubOpenings.Publisher("/groups");

    public void WriteRows(IBufferWriter<byte> to, PublishForm form, ReadOnlySpan<string> channels, double stamp)
    {
        if (form == PublishForm.Posts)
            to.WritePost($"/groups/{channels[0]}", stamp);
        else
            HubBatches.Write(to, channels, stamp);
    }
}
