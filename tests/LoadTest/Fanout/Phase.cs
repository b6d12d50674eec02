namespace HubServer.LoadTest.Fanout;

/// <summary>A part of a turn that is measured by itself, on the server of the part before.</summary>
/// <param name="Name">Its name in the results.</param>
/// <param name="Viewers">How many are connected.</param>
/// <param name="Form">How rows are published.</param>
/// <param name="PeriodMs">The time between two ticks; each brings a row to each channel.</param>
internal sealed record Phase(string Name, int Viewers, PublishForm Form, double PeriodMs)
{
    /// <summary>What the viewers ask for.</summary>
    public Variety Variety { get; init; }

    /// <summary>How many viewers there are besides who hardly read; what they get is not counted.</summary>
    public int SlowViewers { get; init; }

    /// <summary>How many times longer than others it is measured.</summary>
    public int Longer { get; init; } = 1;
}
