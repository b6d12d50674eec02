namespace HubServer.Redis;

/// <summary>What a message says of one channel; the format stands in <c>partition.lua</c>.</summary>
/// <param name="Kind">Appended, seeded or removed.</param>
/// <param name="Channel">The channel's id.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Offset">The offset of the first row.</param>
/// <param name="Count">The rows.</param>
/// <param name="SchemaHash">The content hash of the schema that the rows have.</param>
/// <param name="Settings">What the block changes of the channel's settings, in MessagePack; empty for nothing.</param>
/// <param name="LastTime">The time of the newest row.</param>
/// <param name="Publisher">Who published; "" where that is not said.</param>
/// <param name="Sequence">The publisher's number for the block.</param>
/// <param name="Schema">The schema's text, where the block adds fields; else empty.</param>
/// <param name="Rows">The rows, as <see cref="BlockRows"/> reads them.</param>
internal readonly record struct MessageBlock(
    MessageBlockKind Kind,
    string Channel,
    string Epoch,
    long Offset = 0,
    int Count = 0,
    string SchemaHash = "",
    ReadOnlyMemory<byte> Settings = default,
    double? LastTime = null,
    string Publisher = "",
    long Sequence = 0,
    ReadOnlyMemory<byte> Schema = default,
    ReadOnlyMemory<byte> Rows = default);
