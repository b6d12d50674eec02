namespace HubServer.LoadTest.Baseline;

/// <summary>Rows of one channel as objects.</summary>
public sealed class ObjectsBatch
{
    public string Channel { get; set; } = "";

    public BaselineRow[] Rows { get; set; } = [];
}
