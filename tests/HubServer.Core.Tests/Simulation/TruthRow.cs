namespace HubServer.Core.Tests.Simulation;

/// <summary>One row as the backplane took it: values by the key of their field; what it lacks is null.</summary>
internal sealed record TruthRow(Dictionary<string, object> Values)
{
    public object? this[string field] => Values.GetValueOrDefault(field);

    public double Time => Values.TryGetValue("time", out var time) ? (double)time : double.NaN;

    /// <summary>The number that no other row has.</summary>
    public double Serial => Values.TryGetValue("v", out var serial) ? (double)serial : double.NaN;
}
