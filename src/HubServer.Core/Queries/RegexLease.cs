using System.Text.RegularExpressions;
using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>What one query holds of the node's regular expressions, until its end.</summary>
/// <param name="pool">The node's expressions.</param>
/// <param name="limit">The most different ones of the query: what compiles them keeps all others waiting for as long.</param>
internal sealed class RegexLease(RegexPool pool, int limit) : IDisposable
{
    private Dictionary<string, Regex>? _held = [];

    /// <exception cref="ProtocolException">The query, or the node, has as many as it may have.</exception>
    public Regex Rent(string expression)
    {
        var held = _held ?? throw new ObjectDisposedException(nameof(RegexLease));
        if (held.TryGetValue(expression, out var regex))
            return regex;
        if (held.Count >= limit)
            throw ProtocolException.LimitExceeded("Queries:MaxRegexesPerQuery", $"the query has more than {limit} different regular expressions; use fewer, or lists of values such as a|b, which count for none");

        regex = pool.Rent(expression);
        held.Add(expression, regex);
        return regex;
    }

    public void Dispose()
    {
        foreach (var expression in Interlocked.Exchange(ref _held, null)?.Keys ?? Enumerable.Empty<string>())
            pool.Return(expression);
    }
}
