using System.Globalization;
using HubServer.Protocol;
using Microsoft.AspNetCore.Http;

namespace HubServer.AspNetCore.Routes;

/// <summary>Reads the parameters of a URL, refusing what is not understood by name.</summary>
internal static class QueryParameters
{
    public static string? Text(this IQueryCollection query, string name)
    {
        var text = query[name].ToString();
        return text.Length == 0 ? null : text;
    }

    public static int? Count(this IQueryCollection query, string name)
    {
        if (query.Text(name) is not { } text)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : throw ProtocolException.BadRequest($"{name} is '{text}'; it is a whole number from 0 to {int.MaxValue}");
    }

    public static double? Number(this IQueryCollection query, string name)
    {
        if (query.Text(name) is not { } text)
            return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw ProtocolException.BadRequest($"{name} is '{text}'; it is a number");
    }

    /// <summary>
    /// Refuses parameters that the route does not know: a misspelt one would otherwise be taken for its default. One
    /// that is given twice would be read as its values with a comma between.
    /// </summary>
    public static void RequireOnly(this IQueryCollection query, params ReadOnlySpan<string> known)
    {
        foreach (var name in query.Keys)
        {
            if (!known.Contains(name))
                throw ProtocolException.BadRequest($"the parameter '{name}' is not known here; {(known.IsEmpty ? "there are none" : $"known are {string.Join(", ", known.ToArray())}")}");
            if (query[name].Count > 1)
                throw ProtocolException.BadRequest($"the parameter '{name}' is given {query[name].Count} times; it takes one value");
        }
    }
}
