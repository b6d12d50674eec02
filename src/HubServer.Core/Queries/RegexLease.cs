using System.Text.RegularExpressions;

namespace HubServer.Core;

/// <summary>What one query holds of the node's regular expressions, until its end.</summary>
internal sealed class RegexLease(RegexPool pool) : IDisposable
{
    private List<string>? _held = [];

    public Regex Rent(string expression)
    {
        var held = _held ?? throw new ObjectDisposedException(nameof(RegexLease));
        var regex = pool.Rent(expression);
        held.Add(expression);
        return regex;
    }

    public void Dispose()
    {
        foreach (var expression in Interlocked.Exchange(ref _held, null) ?? [])
            pool.Return(expression);
    }
}
