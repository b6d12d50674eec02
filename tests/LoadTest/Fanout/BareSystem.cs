using System.Buffers;
using System.Diagnostics;
using HubServer.LoadTest.Baseline;

namespace HubServer.LoadTest.Fanout;

/// <summary>Kestrel's WebSockets alone: every row goes to all as it came; the rows of a tick in one message.</summary>
internal sealed class BareSystem : IFanoutSystem
{
    public string Name => "kestrel websocket";

    public string? InstallCommand => null;

    public string? ReadyPath => BaselineNode.ReadyPath;

    public IRowScanner Scanner { get; } = new TextRowScanner();

    public ProcessStartInfo ServerOf(FanoutLoad load, string folder, int port, int secondPort) => BaselineStart.At(port);

    public Opening ViewerOf(FanoutLoad load, int viewer, Variety variety) => new("/bare");

    public Opening PublisherOf(PublishForm form) => new(form == PublishForm.Posts ? null : "/bare-publish");

    public void WriteRows(IBufferWriter<byte> to, PublishForm form, ReadOnlySpan<string> channels, double stamp)
    {
        if (form == PublishForm.Posts)
        {
            to.WritePost($"/bare/{channels[0]}", stamp);
            return;
        }

        for (var i = 0; i < channels.Length; i++)
            to.Write(RowWriting.JsonOf(stamp) + "\n");
    }
}
