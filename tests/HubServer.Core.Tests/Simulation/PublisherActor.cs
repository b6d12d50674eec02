using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>Publishes at its own pace, and checks each answer against the truth.</summary>
internal sealed class PublisherActor(World world, int number)
{
    private readonly Random _random = world.NewRandom(number);
    private long _sequence;

    public async Task RunAsync()
    {
        var rows = new RowsMaker(world, _random);
        var burst = _random.Next(6) == 0 ? 40 : 1;
        for (var i = _random.Next(5, 30); i > 0; i--)
        {
            await world.Pause(_random.Next(3) == 0 ? _random.Next(200) : _random.Next(5));
            if (_random.Next(25) == 0)
                await world.Pause(_random.Next(3_000));
            if (_random.Next(12) == 0)
                await PublishConflictAsync(rows);
            else
                await PublishAsync(Draw(rows, burst));
        }

        for (var i = world.IsLong ? 60 : 0; i > 0; i--)
        {
            await world.Pause(_random.Next(60));
            await PublishAsync(new PublishRequest { Batches = [new PublishBatch(world.Channels[i % world.Channels.Length], rows.Make(1))] });
        }

        world.Leave();
    }

    private PublishRequest Draw(RowsMaker rows, int burst)
    {
        var hasId = _random.Next(4) == 0;
        var channels = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => world.Channels[_random.Next(world.Channels.Length)]);
        var most = hasId ? Math.Min(8, world.Options.Publishing.MaxBlockRows) : _random.Next(8) == 0 ? 120 : 8;
        if (hasId)
            channels = channels.Distinct();
        return new PublishRequest
        {
            Batches = [.. channels.Select(channel => new PublishBatch(channel, rows.Make(_random.Next(1, most + 1) + (hasId ? 0 : _random.Next(burst)))))],
            PublisherId = hasId ? $"publisher {number}" : null,
            Sequence = hasId ? ++_sequence : null,
        };
    }

    private async Task PublishAsync(PublishRequest request)
    {
        PublishResult[] results;
        try
        {
            results = await world.Node.Ingest.PublishAsync(request, CancellationToken.None);
        }
        catch (ProtocolException refused) when (refused.Code == ErrorCode.BadRequest)
        {
            RequireRefused(request);
            return;
        }

        Expect.That(results.Length == request.Batches.Count, "one result for each batch");
        world.History.Add($"publisher {number}: {string.Join("; ", results.Select(result => $"{result.Channel} {result.Epoch}:{result.Offset}+{result.Count} {result.Error?.Code}"))}");
        for (var i = 0; i < results.Length; i++)
            CheckAnswer(request.Batches[i], results[i]);
        if (request.PublisherId is not null)
            await RetryAsync(request, results);
    }

    /// <summary>A retry gets the first answer; where that is unknown it finds out what became of the rows.</summary>
    private async Task RetryAsync(PublishRequest request, PublishResult[] first)
    {
        if (first.All(result => result.Error is null) && _random.Next(2) == 0)
            return;
        world.Branches.Count(Branch.RetriedPublish);
        for (var tries = 0; tries < 20; tries++)
        {
            await world.Pause(_random.Next(3));
            PublishResult[] again;
            try
            {
                again = await world.Node.Ingest.PublishAsync(request, CancellationToken.None);
            }
            catch (ProtocolException refused) when (refused.Code == ErrorCode.BadRequest)
            {
                // Other rows made a field another type meanwhile, after a first try that was lost.
                return;
            }

            for (var i = 0; i < again.Length; i++)
            {
                CheckAnswer(request.Batches[i], again[i], isRetry: true);
                if (first[i].Error is null && again[i].Error is null && world.Truth.Losses == 0 && !world.Backplane.IsLossy)
                    Expect.That(again[i] == first[i], $"a retry was answered {again[i]}, the first try {first[i]}");
            }

            if (again.All(result => result.Error is null or { Code: ErrorCode.BadRequest }))
                return;
        }
    }

    /// <summary>Nothing of a request that contradicts itself is written.</summary>
    private async Task PublishConflictAsync(RowsMaker rows)
    {
        var channel = world.Channels[_random.Next(world.Channels.Length)];
        var request = new PublishRequest { Batches = [new PublishBatch(world.Channels[0], rows.Make(1)), new PublishBatch(channel, rows.Make(2)), new PublishBatch(channel, rows.MakeConflict())] };
        try
        {
            await world.Node.Ingest.PublishAsync(request, CancellationToken.None);
        }
        catch (ProtocolException refused)
        {
            Expect.That(refused.Code == ErrorCode.BadRequest && refused.Message.StartsWith("batches[", StringComparison.Ordinal), $"a conflict says {refused.WireMessage}");
            RequireRefused(request);
            return;
        }

        throw new BrokenPromiseException($"{channel}: a text was taken into a field of numbers");
    }

    private void RequireRefused(PublishRequest request)
    {
        world.Branches.Count(Branch.RefusedPublish);
        foreach (var batch in request.Batches)
        {
            for (var row = 0; row < batch.Rows.Count; row++)
                Expect.That(SerialOf(batch.Rows, row) is not { } serial || !world.Truth.TryLocate(serial, out _, out _), $"{batch.Channel}: a row of a refused request was written");
        }
    }

    private void CheckAnswer(PublishBatch batch, PublishResult result, bool isRetry = false)
    {
        Expect.That(result.Channel == batch.Channel, $"the result for {batch.Channel} is of {result.Channel}");
        Expect.That(result.Error is null == (result.Count == batch.Rows.Count), $"{result}: for {batch.Rows.Count} rows");
        if (result.Error?.Code == ErrorCode.BackplaneUnavailable)
            world.Branches.Count(Branch.UnknownOutcome);
        if (result.Count > world.Options.Publishing.MaxBlockRows)
            world.Branches.Count(Branch.SplitPublish);
        (int Order, long Offset) last = (-1, -1);
        for (var row = 0; row < batch.Rows.Count; row++)
        {
            var known = world.Truth.TryLocate(SerialOf(batch.Rows, row) ?? 0, out var found, out var offset);
            Expect.That(row < result.Count == known || result.Error?.Code == ErrorCode.BackplaneUnavailable || (isRetry && result.Error is not null), $"{result}: row {row} is {(known ? "" : "not ")}there. {world.Backplane.Broken?.Message}");
            if (!known || found is null)
                continue;
            Expect.That(found.Channel == batch.Channel && (found.Order, offset).CompareTo(last) > 0, $"{result}: row {row} is at {found.Channel} {found.Epoch}:{offset}, out of order");
            Expect.That(row > 0 || result.Count == 0 || (found.Epoch == result.Epoch && offset == result.Offset), $"{result}: its first row is at {found.Epoch}:{offset}");
            last = (found.Order, offset);
            CheckValues(batch.Rows, row, found.Rows[(int)offset]);
        }
    }

    private static void CheckValues(Rows rows, int row, TruthRow taken)
    {
        for (var i = 0; i < rows.Fields.Count; i++)
        {
            var value = Truth.ValueAt(rows.Columns[i], row);
            if (rows.Fields[i].Name != "time" || value is not null)
                Expect.That(Equals(value, taken[rows.Fields[i].Key]), $"field '{rows.Fields[i].Key}' was published as {value ?? "null"} and taken as {taken[rows.Fields[i].Key] ?? "null"}");
        }
    }

    private static double? SerialOf(Rows rows, int row)
    {
        for (var i = 0; i < rows.Fields.Count; i++)
        {
            if (rows.Fields[i].Name == "v" && rows.Columns[i].Kind == ColumnKind.Number)
                return rows.Columns[i].Numbers[row];
        }

        return null;
    }
}
