using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>An item that all subscriptions of a feed get, encoded once for each format in use.</summary>
internal sealed class SharedItem(ReadOnlyMemory<byte>? json, ReadOnlyMemory<byte>? messagePack, long rows) : StreamItem
{
    /// <summary>The rows in it.</summary>
    public long Rows => rows;

    public bool Has(WireFormat format) => Find(format) is not null;

    public override ReadOnlyMemory<byte> Bytes(WireFormat format) =>
        Find(format) ?? throw new InvalidOperationException($"the item was not encoded as {format}");

    private ReadOnlyMemory<byte>? Find(WireFormat format) => format == WireFormat.Json ? json : messagePack;
}
