using System.Text;
using CsCheck;

namespace HubServer.Redis.Tests.Fixtures;

/// <summary>Values as a Redis server sends them, of every type of RESP2 and RESP3.</summary>
internal static class RespGens
{
    private const int MaxDepth = 4;

    private static readonly Gen<byte[]> Line = Gen.OneOf(
        "+OK", "+", "-ERR no such key", ":0", ":-12", "_", ",1.5", ",inf", ",-inf", ",nan", "#t", "#f", "(3492890328409238509324850943850943825024385", "$-1", "*-1")
        .Select(text => Encoding.ASCII.GetBytes(text + "\r\n"));

    // Strings hold what looks like the protocol itself, to mislead whoever does not count.
    private static readonly Gen<byte[]> Content = Gen.OneOf(
        Gen.Byte.Array[0, 40],
        Gen.OneOf("\r\n", "$5\r\nhello\r\n", "*3\r\n$7\r\nmessage\r\n", "|1\r\n", "").Select(Encoding.ASCII.GetBytes));

    /// <summary>Any value, with attributes before some.</summary>
    public static readonly Gen<byte[]> Value = ValueAt(0);

    /// <summary>The bytes of a string with a length.</summary>
    public static byte[] Text(char type, byte[] content) => [.. Encoding.ASCII.GetBytes($"{type}{content.Length}\r\n"), .. content, .. "\r\n"u8];

    /// <summary>The bytes of a value that consists of values.</summary>
    public static byte[] Aggregate(char type, int count, params byte[][] values) => [.. Encoding.ASCII.GetBytes($"{type}{count}\r\n"), .. values.SelectMany(value => value)];

    /// <summary>A message, as a push or as an array.</summary>
    public static byte[] Message(char type, string channel, string payload) => Aggregate(
        type, 3, Text('$', "message"u8.ToArray()), Text('$', Encoding.UTF8.GetBytes(channel)), Text('$', Encoding.UTF8.GetBytes(payload)));

    private static Gen<byte[]> ValueAt(int depth)
    {
        var text = Gen.Select(Gen.OneOf('$', '!', '='), Content).Select((type, content) => Text(type, content));
        if (depth == MaxDepth)
            return Gen.OneOf(Line, text);
        var inner = ValueAt(depth + 1);
        var list = Gen.Select(Gen.OneOf('*', '~', '>'), inner.Array[0, 4]).Select((type, values) => Aggregate(type, values.Length, values));
        var pairs = Pairs(inner).Select(values => Aggregate('%', values.Length / 2, values));
        var described = Gen.Select(Pairs(inner), inner).Select((pairs, value) => (byte[])[.. Aggregate('|', pairs.Length / 2, pairs), .. value]);
        return Gen.OneOf(Line, text, list, pairs, described);
    }

    private static Gen<byte[][]> Pairs(Gen<byte[]> inner) => Gen.Select(inner, inner).Array[0, 2]
        .Select(pairs => pairs.SelectMany(pair => (byte[][])[pair.Item1, pair.Item2]).ToArray());
}
