using System.Text.Json;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>A query request that was checked: what its feed is, and what is the subscription's own.</summary>
internal sealed class QueryPlan
{
    /// <summary>
    /// The intervals that feeds run at, in milliseconds; a request's is rounded up. Few values mean that many
    /// subscriptions share a feed.
    /// </summary>
    private static readonly int[] Ladder = [0, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000];

    private static long _histories; // Changed by Interlocked.

    private QueryPlan(IReadOnlyList<TargetPlan> targets, int intervalMs, Shape shape, Dictionary<(string, ChannelId), Position> resume, RegexLease regexes)
    {
        Targets = targets;
        IntervalMs = intervalMs;
        Shape = shape;
        Resume = resume;
        Regexes = regexes;
        FeedKey = JsonSerializer.Serialize(new object[]
        {
            // A history holds every row that was acknowledged before it was asked for. A shared feed's Cut may be an
            // interval old, so it has a feed of its own.
            shape.To is null ? 0 : Interlocked.Increment(ref _histories),
            intervalMs,
            targets.Select(target => new object?[] { target.RefId, target.Selector.Text, target.Fields?.Order(StringComparer.Ordinal), target.Sample }),
        });
    }

    public IReadOnlyList<TargetPlan> Targets { get; }

    public int IntervalMs { get; }

    public Shape Shape { get; }

    /// <summary>The first offset that the client does not hold, by refId and channel.</summary>
    public Dictionary<(string RefId, ChannelId Channel), Position> Resume { get; }

    /// <summary>The regular expressions of its selectors, to be given back at its end.</summary>
    public RegexLease Regexes { get; }

    /// <summary>Equal for queries that share a feed: the ordered targets and the interval.</summary>
    public string FeedKey { get; }

    /// <summary>Whether a plan of the request may have to compile regular expressions: no other selector has this character.</summary>
    public static bool MayCompile(QueryRequest request) => request.Targets.Any(static target => MayCompile(target.Channel));

    /// <summary>The same of one selector.</summary>
    public static bool MayCompile(string? selector) => selector?.Contains('~', StringComparison.Ordinal) == true;

    /// <summary>Checks a request.</summary>
    /// <exception cref="ProtocolException">It is wrong; the text names the place.</exception>
    public static QueryPlan From(QueryRequest request, QueryOptions limits, double now, RegexLease regexes)
    {
        if (request.Targets.Count == 0)
            throw ProtocolException.BadRequest("targets is empty; a query has at least one");
        if (request.Targets.Count > limits.MaxTargets)
            throw ProtocolException.LimitExceeded("Queries:MaxTargets", $"targets has {request.Targets.Count} entries; the limit is {limits.MaxTargets}");
        RequireDataPoints(request.MaxDataPoints, limits);
        if (request.LastMs is { } last && !(last >= 0))
            throw ProtocolException.BadRequest($"lastMs is {last}; it is 0 or more");
        if (request.Range is { From: var from, To: var to } && (from is { } f && !double.IsFinite(f) || to is { } t && !double.IsFinite(t) || from > to))
            throw ProtocolException.BadRequest("range runs from an earlier to a later moment, both finite");
        if (request.IntervalMs > Ladder[^1])
            throw ProtocolException.BadRequest($"intervalMs is {request.IntervalMs}; it is between 0 and {Ladder[^1]}");

        var targets = new TargetPlan[request.Targets.Count];
        for (var i = 0; i < targets.Length; i++)
            targets[i] = PlanTarget(request.Targets[i], i, targets, limits, regexes);

        var start = request.LastMs is { } lastMs ? Math.Max(now - lastMs, request.Range?.From ?? double.MinValue) : request.Range?.From;
        return new QueryPlan(
            targets,
            Array.Find(Ladder, step => step >= request.IntervalMs),
            new Shape([.. request.Targets.Select(target => target.Rows)], start, request.Range?.To, request.MaxDataPoints),
            PlanResume(request, targets, limits),
            regexes);
    }

    /// <summary>The channels in which the client has rows that this node does not have.</summary>
    public Channel[] ChannelsAhead(ChannelRegistry registry) =>
    [
        .. Resume
            .Select(held => registry.Find(held.Key.Channel) is { } channel && !(channel.EndOf(held.Value.Epoch) >= held.Value.Offset) ? channel : null)
            .OfType<Channel>()
            .Distinct(),
    ];

    /// <summary>What is below 1 makes no sense; what is above the limit might elsewhere.</summary>
    public static void RequireBetween(int value, int limit, string name, string option)
    {
        var text = $"{name} is {value}; it is between 1 and {limit}";
        if (value < 1)
            throw ProtocolException.BadRequest(text);
        if (value > limit)
            throw ProtocolException.LimitExceeded($"Queries:{option}", text);
    }

    public static void RequireDataPoints(int? points, QueryOptions limits)
    {
        if (points is not null)
            RequireBetween(points.Value, limits.MaxDataPoints, "maxDataPoints", nameof(limits.MaxDataPoints));
    }

    public static void RequireLength(string text, string place, int limit, string option)
    {
        if (text.Length > limit)
            throw ProtocolException.LimitExceeded($"Queries:{option}", $"{place}: '{text[..32]}…' has {text.Length} characters; the limit is {limit}");
    }

    private static TargetPlan PlanTarget(Target target, int index, TargetPlan[] earlier, QueryOptions limits, RegexLease regexes)
    {
        if (Array.Exists(earlier, other => other is not null && other.RefId == target.RefId))
            throw ProtocolException.BadRequest($"targets[{index}].refId is '{target.RefId}' again; each target has its own");
        RequireLength(target.RefId, $"targets[{index}].refId", limits.MaxRefIdLength, nameof(limits.MaxRefIdLength));
        RequireLength(target.Id ?? target.Channel ?? "", $"targets[{index}]", limits.MaxSelectorLength, nameof(limits.MaxSelectorLength));
        if (target.Fields?.Count > limits.MaxFields)
            throw ProtocolException.LimitExceeded("Queries:MaxFields", $"targets[{index}].fields has {target.Fields.Count} entries; the limit is {limits.MaxFields}");
        try
        {
            var selector = target.Id is { } id ? Selector.Exactly(ChannelId.Parse(id)) : Selector.Parse(target.Channel ?? "", limits, regexes);
            return new TargetPlan(target.RefId, selector, target.Fields?.ToHashSet(StringComparer.Ordinal), target.Sample);
        }
        catch (ProtocolException error)
        {
            throw error.At($"targets[{index}].{(target.Id is null ? "channel" : "id")}");
        }
    }

    private static Dictionary<(string, ChannelId), Position> PlanResume(QueryRequest request, TargetPlan[] targets, QueryOptions limits)
    {
        var resume = new Dictionary<(string, ChannelId), Position>();
        foreach (var (i, held) in request.Resume.Index().OrderBy(entry => entry.Item.RefId is not null))
        {
            // Those of all targets come first, so that one of a single target has the last word.
            ChannelId channel;
            try
            {
                channel = ChannelId.Parse(held.Channel);
            }
            catch (ProtocolException error)
            {
                throw error.At($"resume[{i}].channel");
            }

            foreach (var target in targets)
            {
                if ((held.RefId is null || held.RefId == target.RefId) && target.Selector.Matches(channel))
                    resume[(target.RefId, channel)] = new Position(held.Epoch, held.Offset + 1);
            }

            if (resume.Count > limits.MaxChannels)
                throw ProtocolException.LimitExceeded("Queries:MaxChannels", $"resume has more than {limits.MaxChannels} positions");
        }

        return resume;
    }
}
