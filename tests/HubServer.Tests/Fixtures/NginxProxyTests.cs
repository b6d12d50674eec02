using System.Text.Json;
using HubServer.Fixtures;

namespace HubServer.Tests.Fixtures;

/// <summary>nginx spreads over the nodes that are there.</summary>
public sealed class NginxProxyTests
{
    [Fact]
    public async Task Nginx_BeforeTwoNodes_ReachesBothAndGoesOnWithoutTheOneThatDied()
    {
        await using var a = await StartAsync("a");
        await using var b = await StartAsync("b");
        await using var nginx = await NginxProxy.StartAsync(a.Url, b.Url);
        using var http = new HttpClient { BaseAddress = nginx.Url };
        var reached = new HashSet<string>();
        await Wait.Eventually(
            async () =>
            {
                reached.Add(await NodeNameAsync(http));
                return reached.Count == 2;
            },
            "both nodes answer",
            () => nginx.Output);

        await a.KillAsync();

        for (var i = 0; i < 4; i++)
            Assert.Equal("b", await NodeNameAsync(http));
    }

    private static Task<NodeProcess> StartAsync(string name) => NodeProcess.StartAsync(new Dictionary<string, string>
    {
        ["HubServer__Node"] = name,
        ["HubServer__Sources__Host__Enabled"] = "false",
    });

    private static async Task<string> NodeNameAsync(HttpClient http)
    {
        using var status = JsonDocument.Parse(await http.GetStringAsync(new Uri("/api/status", UriKind.Relative)));
        return status.RootElement.GetProperty("node").GetString() ?? "";
    }
}
