using System.Text;
using CsCheck;
using HubServer.Fixtures.Resp;

namespace HubServer.Redis.Tests.Fixtures;

/// <summary>Where values end is found exactly, however the stream is cut.</summary>
public sealed class RespScannerTests
{
    [Fact]
    public void Read_OfAnyValuesCutAnywhere_FindsTheEndOfEach() =>
        Gen.Select(RespGens.Value.Array[0, 8], Gen.Int[1, 30].Array[1, 30]).Sample(
            (values, cuts) =>
            {
                var ends = new List<int>();
                foreach (var value in values)
                    ends.Add((ends.Count > 0 ? ends[^1] : 0) + value.Length);

                Assert.Equal(ends, Ends([.. values.SelectMany(value => value)], cuts));
            },
            iter: 5_000);

    [Theory]
    [InlineData("*0\r\n")]
    [InlineData("%0\r\n")]
    [InlineData("$0\r\n\r\n")]
    [InlineData("*2\r\n*0\r\n*1\r\n:1\r\n")]
    [InlineData("|1\r\n+ttl\r\n:3600\r\n*2\r\n|0\r\n:1\r\n|1\r\n+a\r\n%0\r\n:2\r\n")]
    [InlineData("=15\r\ntxt:Some string\r\n")]
    [InlineData(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$4\r\n\r\n\r\n\r\n")]
    public void Read_OfAValueByteByByte_FindsItsEndAndNoOther(string value)
    {
        Assert.Equal([value.Length], Ends(Encoding.ASCII.GetBytes(value), [1]));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    [InlineData("$5\r\nhello!\r\n")]
    [InlineData("$5\r\nhello\r!")]
    [InlineData("$\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$--1\r\n")]
    [InlineData("%-1\r\n")]
    [InlineData("$1.5\r\n")]
    [InlineData("$3000000000\r\n")]
    [InlineData("+OK\rno")]
    [InlineData("+OK\n")]
    [InlineData("$EOF:0123456789012345678901234567890123456789\r\n")]
    public void Read_OfWhatIsNoResp_FindsNothingAnyMore(string text)
    {
        var scanner = new RespScanner();
        var count = scanner.Read(Encoding.ASCII.GetBytes(text + "+OK\r\n"), out var isEnd);

        Assert.True(scanner.IsLost);
        Assert.False(isEnd);
        Assert.Equal(text.Length + 5, count);
        Assert.Equal(5, scanner.Read("+OK\r\n"u8, out isEnd));
        Assert.False(isEnd);
    }

    [Fact]
    public void Read_OfEndlessNesting_GivesUp()
    {
        var scanner = new RespScanner();
        for (var i = 0; i < 100_000 && !scanner.IsLost; i++)
            scanner.Read("*1\r\n"u8, out _);

        Assert.True(scanner.IsLost);
    }

    /// <summary>Where values end in a stream that comes in pieces of these lengths, by turns.</summary>
    private static List<int> Ends(byte[] stream, int[] cuts)
    {
        var scanner = new RespScanner();
        var ends = new List<int>();
        var at = 0;
        for (var i = 0; at < stream.Length; i++)
        {
            var piece = stream.AsSpan(at, Math.Min(cuts[i % cuts.Length], stream.Length - at));
            while (!piece.IsEmpty)
            {
                var count = scanner.Read(piece, out var isEnd);
                piece = piece[count..];
                at += count;
                if (isEnd)
                    ends.Add(at);
            }
        }

        Assert.False(scanner.IsLost);
        return ends;
    }
}
