using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// Finds what holds for a channel: what it has of its own, else the first configured rule that matches, else the
/// general defaults.
/// </summary>
internal sealed class ChannelRules
{
    private readonly (Selector Selector, ChannelRule Rule)[] _rules;

    public ChannelRules(ChannelOptions options)
    {
        Options = options;
        _rules = [.. options.Rules.Select(rule => (Selector.Parse(rule.Match), rule))];
    }

    public ChannelOptions Options { get; }

    /// <summary>The shortest retention that the configuration gives any channel.</summary>
    public TimeSpan ShortestRetention => _rules.Select(rule => rule.Rule.Retention ?? Options.Retention).Append(Options.Retention).Min();

    public ChannelLimits For(ChannelId id, ChannelSettings? own = null)
    {
        var rule = Find(id);
        var (capacity, capacityMs) = (own?.Capacity, own?.CapacityMs);
        if (capacity is null && capacityMs is null)
            (capacity, capacityMs) = (rule?.Capacity, rule?.CapacityTime?.TotalMilliseconds);
        if (capacity is null && capacityMs is null)
            (capacity, capacityMs) = (Options.Capacity, Options.CapacityTime?.TotalMilliseconds);

        // Where only a time is asked for, it is to decide; the number of rows is then no more than a bound.
        return new ChannelLimits(
            capacity ?? Options.MaxCapacity,
            capacityMs,
            rule?.MaxBytes ?? Options.MaxBytes,
            own?.RetentionMs is { } retentionMs ? TimeSpan.FromMilliseconds(retentionMs) : rule?.Retention ?? Options.Retention);
    }

    /// <summary>The unit of a new field whose publisher names none.</summary>
    public string? UnitOf(ChannelId id, string field) => Find(id)?.Units.GetValueOrDefault(field);

    private ChannelRule? Find(ChannelId id) => Array.Find(_rules, rule => rule.Selector.Matches(id)).Rule;
}
