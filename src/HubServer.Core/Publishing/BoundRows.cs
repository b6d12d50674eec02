using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>Rows that fit a channel's schema.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="BaseHash">The hash of the schema they were validated against.</param>
/// <param name="Schema">That schema, with the fields they add.</param>
/// <param name="Columns">One column for each field of <paramref name="Schema"/>.</param>
/// <param name="RowSizes">About what each row takes, in bytes.</param>
internal sealed record BoundRows(ChannelId Channel, string BaseHash, Schema Schema, Column[] Columns, int[] RowSizes)
{
    public int Count => RowSizes.Length;

    /// <summary>How many rows from <paramref name="start"/> on make the next block; at least one.</summary>
    public int BlockLength(int start, PublishOptions limits)
    {
        var rows = 0;
        var bytes = 0;
        while (start + rows < Count && rows < limits.MaxBlockRows)
        {
            bytes += RowSizes[start + rows];
            if (rows > 0 && bytes > limits.MaxBlockBytes)
                break;
            rows++;
        }

        return rows;
    }

    public Block ToBlock(int start, int count, string? publisherId, long sequence) => new()
    {
        Channel = Channel,
        BaseHash = BaseHash,
        Schema = Schema,
        Columns = count == Count ? Columns : Array.ConvertAll(Columns, column => column.Slice(start, count)),
        Count = count,
        Bytes = RowSizes.AsSpan(start, count).ToArray().Sum(),
        PublisherId = publisherId,
        Sequence = sequence,
    };
}
