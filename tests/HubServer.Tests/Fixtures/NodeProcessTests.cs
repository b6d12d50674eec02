using System.Net;
using System.Net.Sockets;
using System.Text;
using HubServer.Fixtures;

namespace HubServer.Tests.Fixtures;

/// <summary>A node can be done what is done to nodes of a cluster, and comes back where it was.</summary>
public sealed class NodeProcessTests
{
    private static readonly Dictionary<string, string> Options = new()
    {
        ["HubServer__Node"] = "a",
        ["HubServer__Sources__Host__Enabled"] = "false",
    };

    [Fact]
    public async Task Restart_WhenKilledOrStillRunning_ComesBackAtTheSameAddressWithTheSameOptions()
    {
        await using var node = await NodeProcess.StartAsync(Options);
        var url = node.Url;
        await PublishAsync(node);
        var before = await RowsInAsync(node);

        await node.KillAsync();
        await node.RestartAsync();
        var afterKill = await RowsInAsync(node);
        await PublishAsync(node);
        await node.RestartAsync();
        using var status = await node.StatusAsync();

        Assert.Equal((1, 0, 0), (before, afterKill, status.RootElement.GetProperty("rowsIn").GetInt32()));
        Assert.Equal(url, node.Url);
        Assert.Equal("a", status.RootElement.GetProperty("node").GetString());
        Assert.Equal(3, node.Output.Split("live at").Length - 1);
    }

    [Fact]
    public async Task Pause_UntilContinue_LetsRequestsWait()
    {
        await using var node = await NodeProcess.StartAsync(Options);
        await node.PauseAsync();
        var waiting = node.ReadyAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, node.Url.Port);
        var isAnswered = waiting.IsCompleted;
        await node.ContinueAsync();

        Assert.False(isAnswered);
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await waiting);
        Assert.Equal(0, await node.TerminateAsync());
        Assert.True(node.HasEnded);
    }

    [Fact]
    public async Task Start_WithAnOptionThatIsWrong_SaysWhatTheProgramSaid()
    {
        var options = new Dictionary<string, string>(Options) { ["HubServer__Channels__Capacity"] = "many" };

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => NodeProcess.StartAsync(options));

        Assert.Contains("HubServer:Channels:Capacity is 'many'", failure.Message, StringComparison.Ordinal);
    }

    private static async Task PublishAsync(NodeProcess node)
    {
        using var http = new HttpClient { BaseAddress = node.Url };
        using var content = new StringContent("""{"value": 1}""", Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(new Uri("/api/channels/a/rows", UriKind.Relative), content);
        response.EnsureSuccessStatusCode();
    }

    private static async Task<int> RowsInAsync(NodeProcess node)
    {
        using var status = await node.StatusAsync();
        return status.RootElement.GetProperty("rowsIn").GetInt32();
    }
}
