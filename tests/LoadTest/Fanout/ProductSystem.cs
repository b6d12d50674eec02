using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using HubServer.Protocol;

namespace HubServer.LoadTest.Fanout;

/// <summary>HubServer: a query over all channels; the rows of a tick in one call of <c>Publish</c> over MessagePack.</summary>
internal sealed class ProductSystem(WireFormat format) : IFanoutSystem
{
    private static readonly string[] Fields = ["time", "value", "m"];

    public string Name => format == WireFormat.MessagePack ? "hubserver" : "hubserver json";

    public string? InstallCommand => null;

    public string? ReadyPath => "/readyz";

    public IRowScanner Scanner { get; } = format == WireFormat.MessagePack ? new BinaryColumnsScanner() : new TextColumnsScanner();

    public ProcessStartInfo ServerOf(FanoutLoad load, string folder, int port, int secondPort) =>
        new("dotnet", [Paths.Product, "--urls", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")])
        {
            WorkingDirectory = Path.GetDirectoryName(Paths.Product),
            Environment = { ["HubServer__Sources__Host__Enabled"] = "false" },
        };

    public Opening ViewerOf(FanoutLoad load, int viewer, Variety variety)
    {
        var rows = load.PastRows;
        var query = new QueryRequest { Targets = variety == Variety.Same ? [new Target { Channel = "c*", Rows = rows }] : OwnTargets(load, viewer, rows), IntervalMs = load.IntervalMs };
        return HubOpenings.Viewer("/hub", format, HubOpenings.StreamInvocation, "Query", WireWriter.ToBytes(format, query), "Streaming"u8.ToArray());
    }

    public Opening PublisherOf(PublishForm form) => form == PublishForm.Posts ? new Opening(null) : HubOpenings.Publisher("/hub");

    public void WriteRows(IBufferWriter<byte> to, PublishForm form, ReadOnlySpan<string> channels, double stamp)
    {
        if (form == PublishForm.Posts)
        {
            to.WritePost($"/api/channels/{channels[0]}/rows", stamp);
            return;
        }

        var batches = new List<PublishBatch>(channels.Length);
        foreach (var channel in channels)
            batches.Add(new PublishBatch(channel, new Rows([.. Fields.Select(static name => new RowField(name))], [new Column([stamp]), new Column([RowWriting.ValueOf(stamp)]), new Column([RowWriting.Text])])));
        to.Write(HubSocket.Call(HubOpenings.Invocation, "1", "Publish", WireWriter.ToBytes(WireFormat.MessagePack, new PublishRequest { Batches = batches })));
    }

    /// <summary>A target for each channel, from another channel on for each viewer, with refIds of its own.</summary>
    private static Target[] OwnTargets(FanoutLoad load, int viewer, int rows)
    {
        string[]? fields = viewer % 2 == 0 ? null : [Fields[1]];
        return [.. Enumerable.Range(0, load.Channels).Select(target => new Target
        {
            RefId = string.Create(CultureInfo.InvariantCulture, $"v{viewer}t{target}"),
            Id = FanoutLoad.ChannelId((target + viewer) % load.Channels),
            Fields = fields,
            Rows = rows,
        })];
    }
}
