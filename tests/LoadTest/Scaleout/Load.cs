using System.Globalization;

namespace HubServer.LoadTest.Scaleout;

/// <summary>What is published: channels that all get blocks of one size, and how the requests are cut.</summary>
/// <param name="Name">The channels are <c>NAME/0</c>, <c>NAME/1</c>, ...</param>
/// <param name="Channels">How many channels there are.</param>
/// <param name="BlockRows">The rows of a block.</param>
/// <param name="Connections">The publisher's connections; a hub runs the calls of one connection one after the other.</param>
/// <param name="LanesPerConnection">The requests in flight on each, so that the next one waits at the server.</param>
/// <param name="RequestBlocks">The blocks of a request.</param>
internal sealed record Load(string Name, int Channels, int BlockRows, int Connections, int LanesPerConnection, int RequestBlocks)
{
    /// <summary>Few channels with many rows each.</summary>
    public static readonly Load Blocks = new("blocks", Channels: 20, BlockRows: 1_000, Connections: 5, LanesPerConnection: 2, RequestBlocks: 2);

    /// <summary>Many channels with a row each.</summary>
    public static readonly Load Rows = new("rows", Channels: 10_000, BlockRows: 1, Connections: 4, LanesPerConnection: 2, RequestBlocks: 250);

    /// <summary>A row at a time, from a connection for each channel.</summary>
    public static readonly Load Paced = new("paced", Channels: 20, BlockRows: 1, Connections: 20, LanesPerConnection: 1, RequestBlocks: 1);

    /// <summary>The fields of a row.</summary>
    public static IReadOnlyList<string> Fields { get; } = ["time", "value", "stamp"];

    /// <summary>The selector of all channels.</summary>
    public string Selector => $"{Name}/*";

    /// <summary>The requests that may be in flight.</summary>
    public int Lanes => Connections * LanesPerConnection;

    /// <summary>The id of a channel.</summary>
    public string ChannelId(int channel) => $"{Name}/{channel}";

    /// <summary>The channels of one lane in the requests that it sends over and over.</summary>
    public IEnumerable<int[]> RequestsOf(int lane) =>
        Enumerable.Range(0, Channels).Where(channel => channel % Lanes == lane).Chunk(RequestBlocks);

    /// <summary>The columns of a block of a channel; every block of a channel has the same.</summary>
    public double[][] ColumnsOf(int channel) =>
    [
        [.. Enumerable.Range(0, BlockRows).Select(static row => 1_700_000_000_000.0 + row)],
        [.. Enumerable.Range(0, BlockRows).Select(row => channel + (row / 7.0))],
        [.. Enumerable.Range(0, BlockRows).Select(static row => row / 3.0)],
    ];

    /// <summary>The number of a channel from its id.</summary>
    public static int ChannelOf(ReadOnlySpan<byte> id)
    {
        var digits = id[(id.LastIndexOf((byte)'/') + 1)..];
        return int.Parse(digits, CultureInfo.InvariantCulture);
    }
}
