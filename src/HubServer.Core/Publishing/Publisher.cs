using HubServer.Protocol;
using Microsoft.Extensions.Logging;

namespace HubServer.Core;

/// <summary>
/// Sends one partition's blocks to the backplane. While a call is in flight blocks collect; when it returns they go
/// together in the next (group commit): a single row leaves at once, and batches grow with the load.
/// </summary>
internal sealed partial class Publisher(int partition, IBackplane backplane, PublishOptions options, long maxPendingBytes, HubServerMetrics metrics, WorkPool work, ILogger logger)
    : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly List<PendingBlock> _pending = []; // Used under _gate.
    private int _pendingRows; // Written under _gate.
    private long _pendingBytes; // Written under _gate.
    private bool _isSending; // Used under _gate.
    private bool _isFailing; // Used by whoever sends: an outage is said once, not with every call.
    private TaskCompletionSource? _room; // Used under _gate; completed when a call has been taken from _pending.

    /// <summary>Whether a caller that arrives now has to be refused.</summary>
    public bool IsFull => PendingRows >= options.MaxPendingRows || PendingBytes >= maxPendingBytes;

    public int PendingRows => Volatile.Read(ref _pendingRows);

    public long PendingBytes => Volatile.Read(ref _pendingBytes);

    /// <summary>Sends a block; waits first while the queue is full, which is how reading a long request is slowed.</summary>
    public async ValueTask<AppendResult> AppendAsync(Block block, CancellationToken cancellationToken)
    {
        var pending = new PendingBlock(block);
        while (Enqueue(pending) is { } room)
            await room.WaitAsync(cancellationToken);
        return await pending.Task;
    }

    /// <summary>Goes on sending after a call whose caller should not have to send for others.</summary>
    public void Execute() => _ = SendAsync();

    /// <summary>Queues the block, and starts sending if nobody does; where the queue is full, the task that ends when a call has been taken from it.</summary>
    private Task? Enqueue(PendingBlock pending)
    {
        lock (_gate)
        {
            if (IsFull)
                return (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

            _pending.Add(pending);
            _pendingRows += pending.Block.Count;
            _pendingBytes += pending.Block.Bytes;
            if (_isSending)
                return null;
            _isSending = true;
        }

        _ = SendAsync();
        return null;
    }

    private async Task SendAsync()
    {
        var call = TakeCall();
        try
        {
            var blocks = new Block[call.Count];
            for (var i = 0; i < blocks.Length; i++)
                blocks[i] = call[i].Block;
            metrics.CountCall();
            var results = await backplane.AppendAsync(partition, blocks, CancellationToken.None);
            _isFailing = false;
            for (var i = 0; i < results.Length; i++)
                call[i].SetResult(results[i]);
        }
        catch (Exception failure)
        {
            if (!_isFailing)
                Log.Failed(logger, partition, failure.Message);
            _isFailing = true;
            var unavailable = failure as ProtocolException;
            var error = new ItemError(unavailable?.Code ?? ErrorCode.BackplaneUnavailable, unavailable?.Message ?? "the backplane did not answer; whether the rows were taken is unknown");
            foreach (var pending in call)
                pending.TrySetResult(new AppendResult(AppendStatus.Refused, Error: error));
        }

        lock (_gate)
        {
            _isSending = _pending.Count > 0;
            if (!_isSending)
                return;
        }

        work.Post(this);
    }

    /// <summary>The blocks of the next call, at most one for each channel and in the order of arrival.</summary>
    private List<PendingBlock> TakeCall()
    {
        lock (_gate)
        {
            var most = Math.Min(_pending.Count, options.MaxCallBlocks);
            var call = new List<PendingBlock>(most);
            var channels = new HashSet<ChannelId>(most);
            var bytes = 0;
            var kept = 0;
            for (var i = 0; i < _pending.Count; i++)
            {
                var pending = _pending[i];
                var fits = call.Count == 0 || (call.Count < options.MaxCallBlocks && bytes + pending.Block.Bytes <= options.MaxBlockBytes);

                // A channel's later block must not pass its earlier one, so a block that does not fit holds back those after it.
                if (channels.Add(pending.Block.Channel) && fits)
                {
                    call.Add(pending);
                    bytes += pending.Block.Bytes;
                    _pendingRows -= pending.Block.Count;
                    _pendingBytes -= pending.Block.Bytes;
                }
                else
                {
                    _pending[kept++] = pending;
                }
            }

            _pending.RemoveRange(kept, _pending.Count - kept);
            _room?.SetResult();
            _room = null;
            return call;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The backplane does not take the calls of partition {Partition}: {Failure}", EventName = "AppendFailed")]
        public static partial void Failed(ILogger logger, int partition, string failure);
    }
}
