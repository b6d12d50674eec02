using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>What a frame says besides its rows.</summary>
/// <param name="Epoch">The epoch in which the frame's offsets count.</param>
/// <param name="Kind">Snapshot or delta.</param>
/// <param name="OwedFrom">The first offset that the subscriber was owed: what is missing from there on is a gap. Null where it was owed none.</param>
/// <param name="WithSchema">Whether the subscriber needs the schema.</param>
/// <param name="Gap">A gap that is known already.</param>
/// <param name="More">Whether the past goes on in the next frame.</param>
/// <param name="Keep">Whether the encoded rows may serve other readers.</param>
/// <param name="Sample">How the rows are thinned.</param>
/// <param name="HeldEpoch">The epoch that the subscriber holds, in which its gaps count; null for that of the frame.</param>
/// <param name="IsNews">Whether the frame says something even without rows: another epoch, a gap, other fields.</param>
internal readonly record struct FrameHead(
    string Epoch,
    FrameKind Kind,
    long? OwedFrom,
    bool WithSchema,
    Gap? Gap = null,
    bool More = false,
    bool Keep = false,
    SampleMode Sample = SampleMode.All,
    string? HeldEpoch = null,
    bool IsNews = false);
