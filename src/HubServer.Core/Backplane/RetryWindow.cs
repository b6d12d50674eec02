using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// The last answer that each publisher got for each channel, so that a retry of the same sequence gets it again
/// instead of appending twice. Used under its partition's lock; bounded in time and number.
/// </summary>
internal sealed class RetryWindow(PublishOptions options, TimeProvider time)
{
    private readonly Dictionary<(string Publisher, ChannelId Channel), Answer> _answers = [];
    private readonly Queue<((string Publisher, ChannelId Channel) Key, long At)> _order = [];

    /// <summary>The first answer to this sequence, a refusal where a later one was taken already, or null for a new one.</summary>
    public AppendResult? Find(Block block)
    {
        Forget();
        if (!_answers.TryGetValue(Key(block), out var answer) || answer.Sequence < block.Sequence)
            return null;
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
        var now = time.GetTimestamp();
        _answers[key] = new Answer(block.Sequence, result, now);
        _order.Enqueue((key, now));
    }

    private static (string Publisher, ChannelId Channel) Key(Block block) => (block.PublisherId ?? "", block.Channel);

    private void Forget()
    {
        while (_order.TryPeek(out var oldest) && (_order.Count > options.MaxRetries || time.GetElapsedTime(oldest.At) > options.RetryWindow))
        {
            _order.Dequeue();
            if (_answers.TryGetValue(oldest.Key, out var answer) && answer.At == oldest.At)
                _answers.Remove(oldest.Key);
        }
    }

    private readonly record struct Answer(long Sequence, AppendResult Result, long At);
}
