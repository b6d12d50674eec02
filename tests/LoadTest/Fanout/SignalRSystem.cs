using System.Buffers;
using System.Diagnostics;
using HubServer.LoadTest.Baseline;
using HubServer.Protocol;

namespace HubServer.LoadTest.Fanout;

/// <summary>
/// SignalR, with the rows of a tick in one call: a group for each channel (<c>Clients.Group</c>), out of which a message
/// comes for each row, or a stream for each viewer, out of a <c>Channel&lt;T&gt;</c> of its own.
/// </summary>
internal sealed class SignalRSystem(bool isStream, WireFormat format) : IFanoutSystem
{
    private readonly string _kind = isStream ? "stream" : "groups";

    public string Name => $"signalr {_kind} {(format == WireFormat.MessagePack ? "messagepack" : "json")}";

    public string? InstallCommand => null;

    public string? ReadyPath => BaselineNode.ReadyPath;

    public IRowScanner Scanner { get; } = format == WireFormat.MessagePack ? new BinaryRowScanner() : new TextRowScanner();

    public ProcessStartInfo ServerOf(FanoutLoad load, string folder, int port, int secondPort) => BaselineStart.At(port);

    /// <summary>A stream does not say that it has begun; the warm-up is there for it.</summary>
    public Opening ViewerOf(FanoutLoad load, int viewer, Variety variety)
    {
        var channels = HubBatches.Encode(format, load.ChannelIds);
        return isStream
            ? HubOpenings.Viewer($"/{_kind}", format, HubOpenings.StreamInvocation, nameof(StreamHub.Rows), channels, readyMark: [])
            : HubOpenings.Viewer($"/{_kind}", format, HubOpenings.Invocation, nameof(GroupsHub.Join), channels);
    }

    public Opening PublisherOf(PublishForm form) => form == PublishForm.Posts ? new Opening(null) : HubOpenings.Publisher($"/{_kind}");

    public void WriteRows(IBufferWriter<byte> to, PublishForm form, ReadOnlySpan<string> channels, double stamp)
    {
        if (form == PublishForm.Posts)
            to.WritePost($"/{_kind}/{channels[0]}", stamp);
        else
            HubBatches.Write(to, channels, stamp);
    }
}
