namespace HubServer.LoadTest.Baseline;

/// <summary>A row as an application without columns sends it.</summary>
public sealed class BaselineRow
{
    public double Time { get; set; }

    public double Value { get; set; }

    public double Stamp { get; set; }
}
