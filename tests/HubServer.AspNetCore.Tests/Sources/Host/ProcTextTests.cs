using HubServer.AspNetCore.Sources;

namespace HubServer.AspNetCore.Tests.Sources;

public sealed class ProcTextTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("   ", 0)]
    [InlineData(" 1\t2   3 ", 3)]
    [InlineData("1 2 x 4", 2)]
    [InlineData("1 -2", 1)]
    [InlineData("18446744073709551615 18446744073709551616", 1)]
    [InlineData("1 2 3 4 5", 4)]
    public void ReadNumbers_WhenMalformedOrFull_StopsThere(string text, int expected)
    {
        var numbers = new ulong[4];

        Assert.Equal(expected, ProcText.ReadNumbers(text, numbers));
    }
}
