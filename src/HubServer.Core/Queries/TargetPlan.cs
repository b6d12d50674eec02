using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>One line of a query, parsed: the part of it that a feed shares between subscriptions.</summary>
/// <param name="RefId">Names the line in frames.</param>
/// <param name="Selector">The channels.</param>
/// <param name="Fields">The fields wanted, by name; null for all.</param>
/// <param name="Sample">How each tick is thinned.</param>
internal sealed record TargetPlan(string RefId, Selector Selector, IReadOnlySet<string>? Fields, SampleMode Sample);
