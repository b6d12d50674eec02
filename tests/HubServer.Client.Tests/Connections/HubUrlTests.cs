namespace HubServer.Client.Tests.Connections;

public sealed class HubUrlTests
{
    [Theory]
    [InlineData("http://localhost:5080", "http://localhost:5080/hub")]
    [InlineData("http://localhost:5080/", "http://localhost:5080/hub")]
    [InlineData("https://example.org/live/", "https://example.org/live/hub")]
    [InlineData("ws://example.org/hub", "ws://example.org/hub")]
    [InlineData("wss://example.org/live/hub/", "wss://example.org/live/hub")]
    [InlineData("https://example.org/github", "https://example.org/github/hub")]
    [InlineData("https://example.org/?key=1", "https://example.org/hub?key=1")]
    public void Of_AServersAddress_IsTheHubBelowIt(string url, string hub) => Assert.Equal(new Uri(hub), HubUrl.Of(new Uri(url)));
}
