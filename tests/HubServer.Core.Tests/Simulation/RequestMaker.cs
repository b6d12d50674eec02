using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>Draws what a client asks for.</summary>
internal sealed class RequestMaker(World world, Random random)
{
    private static readonly string[] Fields = ["v", "a", "b", "s", "n1", "missing"];

    /// <summary>Targets whose selectors, fields and sampling stay; what else they ask for is drawn for each query.</summary>
    public (SelectorChoice Selector, Target Target)[] DrawTargets()
    {
        var targets = new (SelectorChoice, Target)[random.Next(1, 4)];
        for (var i = 0; i < targets.Length; i++)
        {
            var selector = SelectorChoice.Draw(random, world.Channels);
            targets[i] = (selector, selector.ToTarget(((char)('A' + i)).ToString(), DrawFields(), DrawSample()));
        }

        return targets;
    }

    public QueryRequest Draw(Target[] targets, IReadOnlyList<Resume> resume)
    {
        targets = Array.ConvertAll(targets, target => target with { Rows = Maybe(4, () => random.Next(0, 30)) });
        return new QueryRequest
        {
            Targets = targets,
            IntervalMs = random.Next(6) switch { < 2 => 0, 2 => 20, 3 => random.Next(0, 200), 4 => random.Next(0, 1_001), _ => 1_000 },
            LastMs = Maybe(6, () => random.Next(0, 3_000)),
            Range = Maybe<TimeRange>(6, DrawRange),
            MaxDataPoints = Maybe(4, () => random.Next(1, 40)),
            Resume = resume,
        };
    }

    /// <summary>The same as a request's <c>rows</c>, <c>lastMs</c>, <c>range</c> and <c>maxDataPoints</c>, for the model.</summary>
    public Dictionary<string, PastShape> ShapesOf(QueryRequest request)
    {
        var from = request.Range?.From;
        if (request.LastMs is { } last)
            from = Math.Max(from ?? double.MinValue, world.Now - last);
        return request.Targets.ToDictionary(target => target.RefId, target => new PastShape(target.Rows, from, request.Range?.To, request.MaxDataPoints));
    }

    private string[]? DrawFields()
    {
        if (random.Next(3) != 0)
            return null;
        return [.. Fields.Where(_ => random.Next(3) == 0)];
    }

    private SampleMode DrawSample() => random.Next(6) switch { 0 => SampleMode.Last, 1 => SampleMode.MinMax, _ => SampleMode.All };

    private TimeRange DrawRange()
    {
        double? from = random.Next(3) == 0 ? null : world.Now - random.Next(0, 4_000);
        double? to = random.Next(2) == 0 ? null : (from ?? world.Now) + random.Next(0, 3_000);
        return new TimeRange(from, to);
    }

    private T? Maybe<T>(int oneIn, Func<T> draw)
        where T : struct => random.Next(oneIn) == 0 ? draw() : null;
}
