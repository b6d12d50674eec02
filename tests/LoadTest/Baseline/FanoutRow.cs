namespace HubServer.LoadTest.Baseline;

/// <summary>A row as an application of SignalR sends it, about 65 bytes of JSON.</summary>
public sealed class FanoutRow
{
    public double Time { get; set; }

    public double Value { get; set; }

    public string M { get; set; } = "";
}
