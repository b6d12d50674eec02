using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>Finds what holds for a channel: the first configured rule that matches, or the general defaults.</summary>
internal sealed class ChannelRules
{
    private readonly ChannelOptions _options;
    private readonly (Selector Selector, ChannelRule Rule)[] _rules;

    public ChannelRules(ChannelOptions options)
    {
        _options = options;
        _rules = [.. options.Rules.Select(rule => (Selector.Parse(rule.Match), rule))];
    }

    /// <summary>The shortest retention that any channel can have.</summary>
    public TimeSpan ShortestRetention => _rules.Select(rule => rule.Rule.Retention ?? _options.Retention).Append(_options.Retention).Min();

    public ChannelLimits For(ChannelId id)
    {
        var rule = Array.Find(_rules, rule => rule.Selector.Matches(id)).Rule;
        return new ChannelLimits(
            rule?.Capacity ?? _options.Capacity,
            rule?.MaxBytes ?? _options.MaxBytes,
            rule?.Retention ?? _options.Retention);
    }
}
