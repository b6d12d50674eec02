using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>What a frame says besides its rows.</summary>
/// <param name="Kind">Snapshot or delta.</param>
/// <param name="OwedFrom">The first offset that the subscriber was owed: what is missing from there on is a gap. Null where it was owed none.</param>
/// <param name="WithSchema">Whether the subscriber needs the schema.</param>
/// <param name="Gap">A gap that is known already.</param>
/// <param name="More">Whether the past goes on in the next frame.</param>
/// <param name="Keep">Whether the encoded rows may serve other readers.</param>
/// <param name="Sample">How the rows are thinned.</param>
internal readonly record struct FrameHead(
    FrameKind Kind,
    long? OwedFrom,
    bool WithSchema,
    Gap? Gap = null,
    bool More = false,
    bool Keep = false,
    SampleMode Sample = SampleMode.All);
