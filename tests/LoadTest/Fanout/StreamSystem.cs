using System.Buffers;
using System.Diagnostics;
using HubServer.LoadTest.Baseline;
using HubServer.Protocol;

namespace HubServer.LoadTest.Fanout;

/// <summary>A stream of SignalR for each viewer, out of a <c>Channel&lt;T&gt;</c> of its own; the rows of a tick in one call.</summary>
internal sealed class StreamSystem(WireFormat format) : IFanoutSystem
{
    public string Name => format == WireFormat.MessagePack ? "signalr stream messagepack" : "signalr stream json";

    public string? InstallCommand => null;

    public string? ReadyPath => BaselineNode.ReadyPath;

    public IRowScanner Scanner { get; } = format == WireFormat.MessagePack ? new BinaryRowScanner() : new TextRowScanner();

    public ProcessStartInfo ServerOf(FanoutLoad load, string folder, int port, int secondPort) => BaselineStart.At(port);

    /// <summary>A stream does not say that it has begun; the warm-up is there for it.</summary>
    public Opening ViewerOf(FanoutLoad load, int viewer, Variety variety) =>
        HubOpenings.Viewer("/stream", format, HubOpenings.StreamInvocation, nameof(StreamHub.Rows), HubBatches.Encode(format, load.ChannelIds), readyMark: []);

    public Opening PublisherOf(PublishForm form) => form == PublishForm.Posts ? new Opening(null) : HubOpenings.Publisher("/stream");

    public void WriteRows(IBufferWriter<byte> to, PublishForm form, ReadOnlySpan<string> channels, double stamp)
    {
        if (form == PublishForm.Posts)
            to.WritePost($"/stream/{channels[0]}", stamp);
        else
            HubBatches.Write(to, channels, stamp);
    }
}
