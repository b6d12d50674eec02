using System.Text.RegularExpressions;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>
/// The regular expressions of a node's running queries. Each is compiled once, whoever asks for it, since an engine of
/// linear time pays for that with milliseconds and hundreds of kilobytes at its start. So there is also a limit to how
/// many there are, and what wire requests ask for is compiled by one of them at a time: the other cores stay with the rows.
/// </summary>
internal sealed class RegexPool(int limit) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal); // Used under _gate.

    /// <summary>The different expressions that queries hold.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>Runs what compiles expressions when no other caller does.</summary>
    public async ValueTask<T> InTurnAsync<T>(Func<T> compile, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return compile();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Finds or compiles an expression; <see cref="Return"/> gives it back.</summary>
    /// <exception cref="ProtocolException">The node has as many as it may have.</exception>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    /// <exception cref="NotSupportedException">It cannot run in linear time.</exception>
    public Regex Rent(string expression)
    {
        Entry? entry;
        lock (_gate)
        {
            if (!_entries.TryGetValue(expression, out entry))
            {
                // Its place is taken before the work, so that many who compile at once do not pass the limit together.
                if (_entries.Count >= limit)
                    throw ProtocolException.Overloaded("Queries:MaxRegexes", $"the node's queries have {limit} different regular expressions already; try again later, or use one that others use, or a list of values such as a|b, which counts for none");
                _entries.Add(expression, entry = new Entry(expression));
            }

            entry.Holders++;
        }

        try
        {
            return entry.Compiled.Value;
        }
        catch
        {
            Return(expression);
            throw;
        }
    }

    public void Return(string expression)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(expression, out var entry) && --entry.Holders == 0)
                _entries.Remove(expression);
        }
    }

    public void Dispose() => _turn.Dispose();

    private sealed class Entry(string expression)
    {
        public Lazy<Regex> Compiled { get; } = new(() => LabelMatcher.Compile(expression));

        public int Holders { get; set; } // Used under the pool's lock.
    }
}
