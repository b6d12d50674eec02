namespace HubServer.Client;

/// <summary>Lets one publish of a channel run at a time, in the order in which they came; those of other channels run beside it.</summary>
internal sealed class ChannelTurns
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal); // Used under _gate; of channels that somebody publishes to.

    /// <summary>Waits for the turn. <see cref="Leave"/> gives it to the next, and has to be called exactly if this returned.</summary>
    public async Task EnterAsync(string channel, CancellationToken cancellationToken)
    {
        Line line;
        lock (_gate)
        {
            if (!_lines.TryGetValue(channel, out var found))
                _lines.Add(channel, found = new Line());
            line = found;
            line.Users++;
        }

        try
        {
            await line.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Forget(channel, line);
            throw;
        }
    }

    /// <summary>Ends the turn.</summary>
    public void Leave(string channel)
    {
        Line line;
        lock (_gate)
            line = _lines[channel];
        line.Turn.Release();
        Forget(channel, line);
    }

    private void Forget(string channel, Line line)
    {
        lock (_gate)
        {
            if (--line.Users > 0)
                return;
            _lines.Remove(channel);
            line.Turn.Dispose();
        }
    }

    private sealed class Line
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public int Users { get; set; }
    }
}
