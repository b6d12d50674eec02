using System.Buffers;
using System.Globalization;
using System.Text;

namespace HubServer.LoadTest.Fanout;

/// <summary>The row of all loads, about 65 bytes of JSON: <c>{"time":1700000000000.12,"value":12.345,"m":"m-0123456789abcdef"}</c>.</summary>
internal static class RowWriting
{
    /// <summary>The value of its text field.</summary>
    public const string Text = "m-0123456789abcdef";

    private const double ValueRange = 100;
    private const int ValueDigits = 3;

    /// <summary>The value of its number field.</summary>
    public static double ValueOf(double stamp) => Math.Round(stamp % ValueRange, ValueDigits);

    /// <summary>The row as JSON.</summary>
    public static string JsonOf(double stamp) =>
        string.Create(CultureInfo.InvariantCulture, $"{{\"time\":{stamp:0.00},\"value\":{ValueOf(stamp)},\"m\":\"{Text}\"}}");

    /// <summary>Writes text.</summary>
    public static void Write(this IBufferWriter<byte> to, string text) => Encoding.UTF8.GetBytes(text, to);

    /// <summary>Writes a POST of the row.</summary>
    public static void WritePost(this IBufferWriter<byte> to, string path, double stamp)
    {
        var body = JsonOf(stamp);
        to.Write(string.Create(CultureInfo.InvariantCulture, $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
    }
}
