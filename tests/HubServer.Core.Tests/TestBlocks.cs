using HubServer.Protocol;

namespace HubServer.Core.Tests;

/// <summary>Makes small blocks and rows.</summary>
internal static class TestBlocks
{
    public static readonly Schema Fields = new([new Field("time", FieldType.Time), new Field("v", FieldType.Number)]);

    /// <summary>Rows whose <c>v</c> counts up from <paramref name="first"/>.</summary>
    public static Rows Rows(int count, double first = 0) => new([new RowField("v")], [Numbers(count, first)]);

    /// <summary>A block of those rows; the first of its channel unless it says what it was validated against.</summary>
    public static Block Block(string channel, int count = 1, Schema? on = null, double first = 0, string? publisherId = null, long sequence = 0) => new()
    {
        Channel = ChannelId.Parse(channel),
        BaseHash = (on ?? Schema.Empty).Hash,
        Schema = Fields,
        Columns = [Numbers(count, 0), Numbers(count, first)],
        Count = count,
        Bytes = count * 16,
        PublisherId = publisherId,
        Sequence = sequence,
    };

    public static LoggedBlock At(long offset, int count = 1, string epoch = "e1") => new(Block("a", count, Fields, offset), epoch, offset);

    private static Column Numbers(int count, double first) => new(Enumerable.Range(0, count).Select(row => first + row).ToArray());
}
