using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>What a client holds of one channel in one target.</summary>
internal sealed class HeldChannel(string epoch, long next)
{
    public string Epoch { get; set; } = epoch;

    /// <summary>The offset at which the next frame starts.</summary>
    public long Next { get; set; } = next;

    /// <summary>The fields, from this call's frames.</summary>
    public Schema? Schema { get; set; }

    /// <summary>Whether a frame of this call spoke of it.</summary>
    public bool IsSeen { get; set; }

    /// <summary>Whether the last frame said that more follows.</summary>
    public bool IsSplit { get; set; }

    /// <summary>Whether the split past is a snapshot.</summary>
    public bool IsPast { get; set; }

    /// <summary>Whether it came while the query ran.</summary>
    public bool IsLate { get; init; }

    /// <summary>The parts that are not shown yet.</summary>
    public List<ShownRun> Parts { get; } = [];

    public bool HasLap { get; set; }
}
