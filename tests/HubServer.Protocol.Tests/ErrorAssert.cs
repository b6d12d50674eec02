namespace HubServer.Protocol.Tests;

/// <summary>What an error of the contract must say.</summary>
internal static class ErrorAssert
{
    public static void NamesPosition(Action act, int at)
    {
        var error = Assert.Throws<ProtocolException>(act);

        Assert.Equal(ErrorCode.BadRequest, error.Code);
        Assert.Contains($"at character {at}:", error.Message, StringComparison.Ordinal);
    }

    public static void NamesPath(Action act, string path)
    {
        var error = Assert.Throws<ProtocolException>(act);

        Assert.Equal(ErrorCode.BadRequest, error.Code);
        Assert.StartsWith(path + ": ", error.Message, StringComparison.Ordinal);
    }
}
