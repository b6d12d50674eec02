namespace HubServer.Core;

/// <summary>
/// What the publishers of a channel's newest blocks were answered, so that a retry gets the same answer also after the
/// backplane lost it. Not thread-safe: its channel locks.
/// </summary>
internal sealed class PublisherAnswers
{
    /// <summary>More publishers than retry at once; those whose last block is the oldest go first.</summary>
    private const int MaxPublishers = 64;

    private readonly Dictionary<string, PublisherAnswer> _answers = new(StringComparer.Ordinal);

    public PublisherAnswer[] All => [.. _answers.Values];

    public void Add(LoggedBlock block)
    {
        if (block.Block.PublisherId is not { } publisher)
            return;
        _answers[publisher] = new PublisherAnswer(publisher, block.Block.Sequence, block.TakenIn, block.Offset, block.Block.Count);
        if (_answers.Count > MaxPublishers)
            _answers.Remove(_answers.Values.MinBy(static answer => answer.Offset)!.Publisher);
    }

    /// <summary>Forgets the answers to rows from an offset on, which are the channel's no more.</summary>
    public void Truncate(long next)
    {
        foreach (var (publisher, answer) in _answers)
        {
            if (answer.Offset + answer.Count > next)
                _answers.Remove(publisher);
        }
    }

    public void Clear() => _answers.Clear();
}
