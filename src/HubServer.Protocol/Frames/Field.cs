namespace HubServer.Protocol;

/// <summary>A typed column's description.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Labels">Its own labels, if any; name and labels together identify a field within its channel.</param>
/// <param name="Unit">Its unit, in Grafana's words (<c>percent</c>, <c>bytes</c>, <c>ms</c>), if known.</param>
public sealed record Field(string Name, FieldType Type, Labels? Labels = null, string? Unit = null)
{
    /// <summary>What identifies the field in its channel: the name, followed by the labels where there are any.</summary>
    public string Key { get; } = Labels is null ? Name : Name + Labels;
}
