namespace HubServer.Core.Tests.Simulation;

/// <summary>Compares what a client was shown with what was published.</summary>
internal sealed class ShownChecks(Truth truth)
{
    /// <summary>Checks everything that a client was ever shown.</summary>
    /// <param name="client">The client.</param>
    /// <param name="isExact">Whether the heads it noted were those of the moment, as on one thread they are.</param>
    public void Check(ClientModel client, bool isExact)
    {
        foreach (var run in client.Shown)
            CheckRun(run);
        foreach (var (channel, epoch) in client.Removals)
            Expect.That(Wrong(channel, epoch) || Find(channel, epoch).IsRemoved, $"{channel} {epoch}: the client was told that it was removed, and it was not");
        foreach (var past in client.Pasts)
            CheckPast(past, isExact);
        foreach (var (channel, epoch, gap, head, isSnapshot) in client.Laps)
        {
            var into = Find(channel, epoch);
            Expect.That(gap.To < into.Next, $"{channel}: gap {gap} names rows that never were; {into.Next} is next");
            Expect.That(isSnapshot || !isExact || gap.To < head - into.Capacity, $"{channel}: gap {gap} names rows that were kept: {head} was next, the capacity is {into.Capacity}");
        }
    }

    /// <summary>An epoch that the simulation made up, which the backplane believes to have forgotten a channel of.</summary>
    private bool Wrong(string channel, string epoch) => truth.Find(channel, epoch) is null && epoch.EndsWith(".999999", StringComparison.Ordinal);

    private Incarnation Find(string channel, string epoch) =>
        truth.Find(channel, epoch) ?? throw new BrokenPromiseException($"{channel}: epoch {epoch} never was");

    private void CheckRun(ShownRun run)
    {
        var into = Find(run.Channel, run.Epoch);
        var at = $"{run.Channel} {run.Epoch}:{run.Offset}+{run.Count}";
        Expect.That(run.Offset >= 0 && run.End <= into.Next, $"{at}: only {into.Next} rows were published");
        foreach (var field in run.Schema.Fields)
            Expect.That(into.Fields.Contains(field.Key), $"{at}: nobody published a field '{field.Key}'");

        if (run.Sampled is null)
        {
            for (var row = 0; row < run.Rows; row++)
                CheckRow(run, row, into.Rows[(int)run.Offset + row], $"{at}, row {run.Offset + row}");
            return;
        }

        // Thinned rows are real rows, in order; the newest of a tick is its last.
        var from = run.Sampled == "last" ? run.End - 1 : run.Offset;
        for (var row = 0; row < run.Rows; row++)
        {
            while (from < run.End && Difference(run, row, into.Rows[(int)from]) is not null)
                from++;
            Expect.That(from < run.End, $"{at}: sampled row {row} is none of the rows it stands for");
            from++;
        }
    }

    private static void CheckRow(ShownRun run, int row, TruthRow published, string at)
    {
        var difference = Difference(run, row, published);
        Expect.That(difference is null, $"{at}: {difference}");
    }

    private static string? Difference(ShownRun run, int row, TruthRow published)
    {
        for (var i = 0; i < run.Data.Length; i++)
        {
            var key = run.Schema.Fields[i].Key;
            var (shown, expected) = (Truth.ValueAt(run.Data[i], row), published[key]);
            if (!Equals(shown, expected))
                return $"field '{key}' is {shown ?? "null"}, published was {expected ?? "null"}";
        }

        return null;
    }

    private void CheckPast(ShownPast past, bool isExact)
    {
        var into = Find(past.Channel, past.Epoch);
        var shape = past.Shape;
        var at = $"{past.RefId} {past.Channel} {past.Epoch}: past [{past.Start}, {past.End}) as {shape}";
        if (past.LateFrom is null && shape.Rows is { } rows)
            Expect.That(past.End - past.Start <= rows, $"{at}: more than {rows} rows");
        if (shape.MaxDataPoints is { } points && !past.HasLap)
        {
            Expect.That(past.Rows <= points, $"{at}: {past.Rows} rows shown");
            Expect.That(past.IsSampled == (past.End - past.Start > points), $"{at}: sampled {past.IsSampled}");
        }

        Expect.That(shape.MaxDataPoints is not null || !past.IsSampled, $"{at}: thinned, and nobody asked for it");
        if (past.Start < past.End)
        {
            Expect.That(past.LateFrom is not null || !(into.Rows[(int)past.Start].Time < shape.From) || HasEarlier(into, past), $"{at}: starts at {into.Rows[(int)past.Start].Time}");
            Expect.That(!(into.Rows[(int)past.End - 1].Time > shape.To), $"{at}: ends at {into.Rows[(int)past.End - 1].Time}");
        }

        if (!isExact)
            return;

        // It may start late only where the rows before were gone by the time it was shown.
        // All of a channel that came into being while the query ran is wanted.
        var wanted = into.Order >= past.LateFrom ? shape with { Rows = null, From = null } : shape;
        var start = FirstWanted(into, past.End, Math.Max(0, past.HeadThen - into.Capacity), wanted);
        Expect.That(past.Start <= Math.Max(start, 0), $"{at}: starts too late; {start} was wanted, {past.HeadThen} was next, capacity {into.Capacity}");
    }

    /// <summary>Whether an earlier row is of the moment wanted: the past is one run and is not sorted, and its start may be lapped.</summary>
    private static bool HasEarlier(Incarnation into, ShownPast past)
    {
        for (var offset = (int)Math.Max(0, past.Start - into.LargestCapacity); offset <= past.Start; offset++)
        {
            if (into.Rows[offset].Time >= past.Shape.From)
                return true;
        }

        return false;
    }

    private static long FirstWanted(Incarnation into, long end, long oldest, PastShape shape)
    {
        var start = Math.Min(oldest, end);
        if (shape.From is { } from)
        {
            while (start < end && !(into.Rows[(int)start].Time >= from))
                start++;
        }

        return shape.Rows is { } rows ? Math.Max(start, end - rows) : start;
    }
}
