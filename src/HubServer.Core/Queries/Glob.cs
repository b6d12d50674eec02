namespace HubServer.Core;

/// <summary>Name patterns: <c>*</c> is any run of characters except '/', <c>**</c> any run of characters.</summary>
internal static class Glob
{
    public const char Star = '*';

    /// <summary>The pattern with each run of more than two stars written as the two that it means.</summary>
    public static string Canonical(string pattern)
    {
        while (pattern.Contains("***", StringComparison.Ordinal))
            pattern = pattern.Replace("***", "**", StringComparison.Ordinal);
        return pattern;
    }

    /// <summary>Whether the whole name matches a canonical pattern.</summary>
    /// <remarks>
    /// Only the newest <c>**</c> and the newest <c>*</c> after it are ever taken back. An earlier one need not be: the
    /// text between two stars was matched as early as possible, and whatever can follow a later place can follow the
    /// earlier one too, since both lie before the same '/'. For the same reason a name that has run out stays so.
    /// </remarks>
    public static bool IsMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        // Where to go on in the pattern, and with which character of the name, when a star takes one character more.
        int anyPattern = -1, anyName = 0;
        int runPattern = -1, runName = 0;
        int p = 0, n = 0;
        while (true)
        {
            if (p < pattern.Length && pattern[p] == Star)
            {
                if (p + 1 < pattern.Length && pattern[p + 1] == Star)
                {
                    p += 2;
                    (anyPattern, anyName, runPattern) = (p, n, -1);
                }
                else
                {
                    p++;
                    (runPattern, runName) = (p, n);
                }

                continue;
            }

            if (n == name.Length)
                return p == pattern.Length;

            if (p < pattern.Length && pattern[p] == name[n])
            {
                (p, n) = (p + 1, n + 1);
                continue;
            }

            if (runPattern >= 0 && name[runName] != '/')
                (p, n) = (runPattern, ++runName);
            else if (anyPattern >= 0)
                (p, n, runPattern) = (anyPattern, ++anyName, -1);
            else
                return false;
        }
    }
}
