namespace HubServer.LoadTest.Baseline;

/// <summary>A row and the channel that it goes to.</summary>
public sealed class FanoutBatch
{
    public string Channel { get; set; } = "";

    public FanoutRow Row { get; set; } = new();
}
