using System.Globalization;

namespace HubServer.AspNetCore.Sources;

/// <summary>Reads the pieces that the texts under <c>/proc</c> are made of.</summary>
internal static class ProcText
{
    /// <summary>
    /// Reads numbers separated by white space until one is malformed, the text ends or <paramref name="numbers"/> is
    /// full, and answers how many there were.
    /// </summary>
    public static int ReadNumbers(ReadOnlySpan<char> text, Span<ulong> numbers)
    {
        var count = 0;
        while (count < numbers.Length)
        {
            var word = NextWord(ref text);
            if (!ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out numbers[count]))
                break;
            count++;
        }

        return count;
    }

    /// <summary>Takes the next word off the front of the text; empty where there is none.</summary>
    public static ReadOnlySpan<char> NextWord(ref ReadOnlySpan<char> text)
    {
        var rest = text.TrimStart();
        var length = rest.IndexOfAny(' ', '\t');
        var word = length < 0 ? rest : rest[..length];
        text = rest[word.Length..];
        return word;
    }
}
