using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// The last answer that each publisher got for each channel, so that a retry of the same sequence gets it again
/// instead of appending twice. Used under its partition's lock; bounded in time and number.
/// </summary>
internal sealed class RetryWindow(PublishOptions options, TimeProvider time)
{
    private readonly Dictionary<(string Publisher, ChannelId Channel), LinkedListNode<Answer>> _answers = [];
    private readonly LinkedList<Answer> _byAge = []; // The oldest first; each publisher and channel once, however busy.

    /// <summary>The first answer to this sequence, a refusal where a later one was taken already, or null for a new one.</summary>
    public AppendResult? Find(Block block)
    {
        Forget();
        if (!_answers.TryGetValue(Key(block), out var node) || node.Value.Sequence < block.Sequence)
            return null;
        var answer = node.Value;
        if (answer.Sequence == block.Sequence)
            return answer.Result;

        var error = new ItemError(
            ErrorCode.BadRequest,
            $"sequence {block.Sequence} of publisher '{block.PublisherId}' comes after {answer.Sequence} was taken; sequences go up",
            Channel: block.Channel.Text);
        return new AppendResult(AppendStatus.Refused, Error: error);
    }

    public void Remember(Block block, AppendResult result)
    {
        var key = Key(block);
        if (_answers.TryGetValue(key, out var earlier))
            _byAge.Remove(earlier);
        _answers[key] = _byAge.AddLast(new Answer(key, block.Sequence, result, time.GetTimestamp()));
        Forget();
    }

    private static (string Publisher, ChannelId Channel) Key(Block block) => (block.PublisherId ?? "", block.Channel);

    private void Forget()
    {
        while (_byAge.First is { } oldest && (_byAge.Count > options.MaxRetries || time.GetElapsedTime(oldest.Value.At) > options.RetryWindow))
        {
            _byAge.Remove(oldest);
            _answers.Remove(oldest.Value.Key);
        }
    }

    private readonly record struct Answer((string Publisher, ChannelId Channel) Key, long Sequence, AppendResult Result, long At);
}
