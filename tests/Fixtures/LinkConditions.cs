namespace HubServer.Fixtures;

/// <summary>What one way through a proxy does to all that passes. It is replaced as a whole, e.g. by <c>with</c>.</summary>
public sealed record LinkConditions
{
    // A fiftieth of a second's bytes at a time flows evenly, and is late by little when the conditions change.
    private const int PiecesPerSecond = 50;

    /// <summary>As the network of one machine is: nothing is late, slow or cut up.</summary>
    public static LinkConditions Clear { get; } = new();

    /// <summary>How late everything is. The order stays.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>What comes on top of the latency, drawn for each read between nothing and this. The order stays.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>How many bytes pass in a second on each connection; 0 for as many as come.</summary>
    public int BytesPerSecond { get; init; }

    /// <summary>What passes is cut into pieces of 1 to so many bytes, each drawn and written by itself; 0 for whole.</summary>
    public int MaxPieceBytes { get; init; }

    /// <summary>How many of the bytes that are left are written next.</summary>
    internal int NextPiece(int left, Random random)
    {
        var piece = MaxPieceBytes > 0 ? Math.Min(left, random.Next(1, MaxPieceBytes + 1)) : left;
        return BytesPerSecond > 0 ? Math.Min(piece, Math.Max(1, BytesPerSecond / PiecesPerSecond)) : piece;
    }
}
