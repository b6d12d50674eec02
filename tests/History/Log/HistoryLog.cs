namespace HubServer.History;

/// <summary>Writes a run's lines in the order in which they happened, from any thread, with one clock for all of them.</summary>
public sealed class HistoryLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly TextWriter _writer; // Used under _gate, as is what follows.
    private long _lines;

    /// <summary>Starts a run now.</summary>
    public HistoryLog(TextWriter writer, TimeProvider? time = null)
    {
        (_writer, _time) = (writer, time ?? TimeProvider.System);
        _started = _time.GetTimestamp();
    }

    /// <summary>Milliseconds since the run began: the clock of all lines.</summary>
    public double Now => _time.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>The lines so far.</summary>
    public long Lines
    {
        get
        {
            lock (_gate)
                return _lines;
        }
    }

    /// <summary>Starts a run whose lines go to a file, in place of what it held.</summary>
    public static HistoryLog ToFile(string path, TimeProvider? time = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".");
        return new HistoryLog(new StreamWriter(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite)), time);
    }

    /// <summary>Reads a file line by line.</summary>
    public static IEnumerable<HistoryEvent> Read(string path) =>
        File.ReadLines(path).Where(line => line.Length > 0).Select(HistoryEvent.Parse);

    /// <summary>Reads a text line by line.</summary>
    public static IEnumerable<HistoryEvent> Read(TextReader text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Lines();

        IEnumerable<HistoryEvent> Lines()
        {
            while (text.ReadLine() is { } line)
                yield return HistoryEvent.Parse(line);
        }
    }

    /// <summary>Writes lines, one right behind the other, and gives them their time.</summary>
    public void Write(params ReadOnlySpan<HistoryEvent> events)
    {
        lock (_gate)
        {
            // Read under the lock, so that the order of lines is the order of their times. A line never says a time to come.
            var now = Math.Floor(Now * 1_000) / 1_000;
            foreach (var one in events)
                _writer.WriteLine((one with { At = now }).ToString());
            _lines += events.Length;
        }
    }

    /// <summary>Makes everything written readable.</summary>
    public void Flush()
    {
        lock (_gate)
            _writer.Flush();
    }

    public void Dispose()
    {
        lock (_gate)
            _writer.Dispose();
    }
}
