namespace HubServer.History;

/// <summary>
/// Holds a history to the promises of the system. (1) It reads what publishers tried and were told, then (2) replays
/// each subscriber by the contract, which finds what one subscriber can see by itself and collects what each position
/// holds, and (3) compares what was shown with what was acknowledged.
/// </summary>
public sealed class HistoryChecker
{
    private readonly Findings _findings;
    private readonly PublishBook _book;
    private readonly Agreement _agreement;
    private readonly EpochOrder _order;
    private readonly HistoryTotals _totals = new();
    private readonly Dictionary<string, SubscriberReplay> _subscribers = [];

    private HistoryChecker(Scenario scenario)
    {
        _findings = new Findings(scenario);
        _book = new PublishBook(_findings);
        _agreement = new Agreement(_findings, _book);
        _order = new EpochOrder(_findings);
    }

    /// <summary>Checks a history.</summary>
    public static HistoryReport Check(Scenario scenario, IEnumerable<HistoryEvent> events)
    {
        var checker = new HistoryChecker(scenario);
        var number = 0L;
        return checker.Run([.. events.Select(one => new HistoryLine(++number, one))]);
    }

    private HistoryReport Run(List<HistoryLine> lines)
    {
        // 1. A row may be shown before its acknowledgement arrives, so publishers come first.
        foreach (var line in lines.Where(IsPublisher))
            _book.Add(line);
        foreach (var block in _book.Blocks)
            Claim(block);

        // 2. Subscribers, line by line.
        foreach (var line in lines.Where(line => !IsPublisher(line)))
            ReplayOf(line.Event.By).Add(line);
        foreach (var subscriber in _subscribers.Values)
            subscriber.Capture();

        // 3. What needs all of it.
        _order.Check();
        var rows = new RowChecks(_findings, _book, _totals);
        var tails = new TailChecks(_findings, _book, _order, _totals);
        var losses = _subscribers.Values.SelectMany(subscriber => subscriber.Tracks)
            .SelectMany(track => track.Losses.Select(loss => (track.Channel, loss)))
            .ToLookup(loss => loss.Channel, loss => loss.loss);
        foreach (var subscriber in _subscribers.Values)
        {
            rows.Check(subscriber);
            if (subscriber.Tail is { } tail)
                tails.Check(tail, losses);
        }

        rows.Count();
        _totals.Subscribers = _subscribers.Count;
        _totals.Epochs = _agreement.Epochs;
        return new HistoryReport(_findings.Violations, _findings.Counts, _totals);
    }

    private static bool IsPublisher(HistoryLine line) =>
        line.Event.Kind is HistoryKind.Invoke or HistoryKind.Ok or HistoryKind.Fail or HistoryKind.Info;

    private void Claim(PublishedBlock block)
    {
        foreach (var ok in block.Oks)
        {
            for (var i = 0; i < block.Rows.Count; i++)
                _agreement.Claim(block.Channel, ok.Event.Epoch ?? "", (ok.Event.Offset ?? 0) + i, block.FirstRow + i, ok);
        }
    }

    private SubscriberReplay ReplayOf(string name)
    {
        if (!_subscribers.TryGetValue(name, out var replay))
            _subscribers.Add(name, replay = new SubscriberReplay(_findings, _book, _agreement, _order, _totals, name));
        return replay;
    }
}
