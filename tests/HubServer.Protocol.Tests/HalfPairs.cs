namespace HubServer.Protocol.Tests;

/// <summary>Half surrogate pairs in test data: attributes are stored as UTF-8, which has no bytes for them.</summary>
internal static class HalfPairs
{
    /// <summary>The text with <c>▲</c> standing for a high and <c>▼</c> for a low surrogate.</summary>
    public static string In(string text) => text.Replace('▲', '\ud83d').Replace('▼', '\ude00');
}
