namespace HubServer.LoadTest.Baseline;

/// <summary>Rows of one channel by column, each column the bytes of its float64 values.</summary>
public sealed class ColumnsBatch
{
    public string Channel { get; set; } = "";

    public byte[][] Columns { get; set; } = [];
}
