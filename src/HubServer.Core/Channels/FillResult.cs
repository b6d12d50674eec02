namespace HubServer.Core;

/// <summary>What became of the past that was read for a channel.</summary>
public enum FillResult
{
    /// <summary>The ring has it, and every block that came since.</summary>
    Whole,

    /// <summary>The ring has it, and misses blocks that came since.</summary>
    Behind,

    /// <summary>The channel is in another epoch than the one that was read.</summary>
    OtherEpoch,

    /// <summary>The channel is gone, or its ring was filled before.</summary>
    NotWanted,
}
