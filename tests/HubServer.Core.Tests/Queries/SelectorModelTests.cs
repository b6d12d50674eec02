using System.Text.RegularExpressions;
using CsCheck;
using HubServer.Protocol;

namespace HubServer.Core.Tests;

/// <summary>Selectors and globs against the plainest statement of what they mean.</summary>
public sealed class SelectorModelTests
{
    // Few letters, so that stars have many places to choose from.
    private static readonly Gen<string> Name = Gen.OneOf('a', 'b', '/').Array[1, 14].Select(letters => new string(letters));

    private static readonly Gen<string> Pattern =
        Gen.OneOf("a", "b", "/", "*", "**", "ab", "/a").Array[1, 9].Select(string.Concat);

    private static readonly Gen<string> Value = Gen.OneOf("", "a", "b", "ab", "aab", "a\"b", "\\", "a\nb");

    private static readonly Gen<(string Name, string Operator, string Value)> Term = Gen.Select(
        Gen.OneOf("x", "y", "z", "__name__"),
        Gen.OneOf("=", "!=", "=~", "!~"),
        Gen.OneOf(Value.Where(value => value != "\\"), Gen.OneOf("a|b", "a.*", ".*", ".+", "[ab]+", "", "(a|ab)(b|)", "^a$", "b?")));

    [Fact]
    public void Glob_MatchesAsItsTranslationToARegularExpression() =>
        Gen.Select(Pattern, Name).Sample(
            (pattern, name) => Glob.IsMatch(Glob.Canonical(pattern), name) == Translate(pattern).IsMatch(name), iter: 100_000);

    [Fact]
    public void Selector_MatchesAsEachOfItsTermsSays() =>
        Gen.Select(Gen.OneOf(Gen.Const(""), Pattern), Term.Array[0, 4], Name, Value, Value).Sample(
            (pattern, terms, name, x, y) =>
            {
                var text = pattern + "{" + string.Join(", ", terms.Select(term => $"{term.Name} {term.Operator} \"{Escape(term.Value)}\"")) + "}";
                var id = new ChannelId(name, Labels.From([new("x", x), new("y", y)]));
                var expected = (pattern.Length == 0 || Translate(pattern).IsMatch(name))
                    && terms.All(term => Holds(term.Operator, term.Value, term.Name switch { "x" => x, "y" => y, "z" => "", _ => name }));

                var selector = Selector.Parse(text);
                var shuffled = pattern + "{" + string.Join(",", terms.Reverse().Concat(terms).Select(term => $"{term.Name}{term.Operator}\"{Escape(term.Value)}\"")) + "}";
                return selector.Matches(id) == expected
                    && Selector.Parse(selector.Text).Matches(id) == expected
                    && Selector.Parse(shuffled).Text == selector.Text;
            },
            iter: 2_000);

    [Fact]
    public void Glob_WithManyStars_TakesNoTimeToSpeakOf()
    {
        var name = new string('a', 512);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();

        Assert.False(Glob.IsMatch(string.Concat(Enumerable.Repeat("*a", 200)) + "b", name));
        Assert.False(Glob.IsMatch(string.Concat(Enumerable.Repeat("**a", 150)) + "b", name));
        Assert.False(Glob.IsMatch("**" + string.Concat(Enumerable.Repeat("*a", 200)) + "/b", name));
        Assert.False(Glob.IsMatch("**aaaaaaaaaaaa*aaaaaaaaab", name[..255] + "/" + name[256..]));

        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds < 1, "it does not backtrack over every choice");
    }

    private static bool Holds(string comparison, string expected, string value) => comparison switch
    {
        "=" => value == expected,
        "!=" => value != expected,
        "=~" => Whole(expected).IsMatch(value),
        _ => !Whole(expected).IsMatch(value),
    };

    private static Regex Whole(string expression) => new($@"\A(?:{expression})\z", RegexOptions.Singleline | RegexOptions.CultureInvariant);

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    // Letter by letter; a run of two or more stars crosses '/', one star does not.
    private static Regex Translate(string pattern)
    {
        var runs = Regex.Replace(pattern, @"\*+", run => run.Length == 1 ? "[^/]*" : ".*", RegexOptions.CultureInvariant);
        return new Regex($@"\A{runs}\z", RegexOptions.CultureInvariant);
    }
}
