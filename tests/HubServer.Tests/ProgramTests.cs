using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HubServer.Fixtures;
using Microsoft.AspNetCore.SignalR.Client;

namespace HubServer.Tests;

/// <summary>The program as somebody gets it who starts it.</summary>
public sealed class ProgramTests
{
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Program_WhenStartedWithoutConfiguration_IsLiveAndShowsThisMachine()
    {
        await using var server = NodeProcess.Start();
        using var http = new HttpClient { BaseAddress = await server.UrlAsync() };

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/livez", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/readyz", UriKind.Relative))).StatusCode);
        await Wait.Eventually(async () => (await NamesAsync(http)).Contains("cpu"), "the machine's own cpu appears", () => server.Output);
        Assert.Contains("/api/channels/demo/rows", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_WhenTerminatedWithRunningQueries_StopsInTime()
    {
        await using var server = NodeProcess.Start();
        var url = await server.UrlAsync();
        var queries = new List<Task>();
        for (var i = 0; i < 5; i++)
            queries.Add(await StartQueryAsync(url));

        Assert.Equal(0, await server.TerminateAsync(StopDeadline));
        await Assert.ThrowsAnyAsync<Exception>(() => Task.WhenAll(queries).WaitAsync(StopDeadline, TimeProvider.System));
        Assert.All(queries, query => Assert.True(query.IsCompleted));
    }

    [Theory]
    [InlineData("Channels:Capacity", "0", "HubServer:Channels:Capacity must be between 1 and 10000000")]
    [InlineData("Channels:Capacity", "many", "HubServer:Channels:Capacity is 'many'; it is a whole number of at most 2147483647")]
    [InlineData("Channels:Capacity", "", "HubServer:Channels:Capacity is ''; it is a whole number")]
    [InlineData("PathBase", "/a?b", "HubServer:PathBase is 'a?b'; it is a path of letters")]
    [InlineData("PathBase", "/a/../b", "HubServer:PathBase is 'a/../b'; it is a path of letters")]
    [InlineData("Channels:Capcity", "5", "HubServer:Channels:Capcity is no option; those of HubServer:Channels are Capacity, ")]
    public async Task Program_WhenAnOptionIsWrong_DoesNotStartAndNamesItInALine(string key, string value, string text)
    {
        await using var server = NodeProcess.Start($"--HubServer:{key}", value);

        Assert.Equal(1, await server.ExitAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains(text, server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("foo")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("http://192.0.2.1:5080")]
    public async Task Program_WhenItsAddressIsWrong_SaysSoInALine(string url)
    {
        await using var server = NodeProcess.Start("--urls", url);

        Assert.Equal(1, await server.ExitAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains("The server cannot start with these settings: ", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_UnderAPathOfItsOwn_PrintsAddressesThatWork()
    {
        await using var server = NodeProcess.Start("--HubServer:PathBase", "/live");
        await server.UrlAsync();
        using var http = new HttpClient();

        var printed = "";
        await Wait.Eventually(
            () => (printed = System.Text.RegularExpressions.Regex.Match(server.Output, @"http://\S+/api/status\b").Value).Length > 0,
            "the program prints where its status is");

        Assert.EndsWith("/live/api/status", printed, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(printed))).StatusCode);
    }

    [Fact]
    public async Task Program_WhenItsPortIsTaken_SaysSoInALine()
    {
        await using var first = NodeProcess.Start();
        var url = await first.UrlAsync();

        await using var second = NodeProcess.Start("--urls", url.GetLeftPart(UriPartial.Authority));

        Assert.Equal(1, await second.ExitAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains("Another program listens there", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Output, StringComparison.Ordinal);
    }

    private static async Task<List<string?>> NamesAsync(HttpClient http)
    {
        var list = await http.GetFromJsonAsync<JsonElement>(new Uri("/api/channels", UriKind.Relative));
        return [.. list.GetProperty("channels").EnumerateArray().Select(channel => channel.GetProperty("name").GetString())];
    }

    /// <summary>Starts a query over everything and waits for its first item; the task is that of reading on.</summary>
    private static async Task<Task> StartQueryAsync(Uri url)
    {
        var connection = new HubConnectionBuilder().WithUrl(new Uri(url, "/hub")).Build();
        await connection.StartAsync();
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = ReadAsync();
        await first.Task.WaitAsync(StopDeadline, TimeProvider.System);
        return reading;

        async Task ReadAsync()
        {
            await foreach (var _ in connection.StreamAsync<JsonElement>("Query", new { version = 1, targets = new[] { new { channel = "*" } } }))
                first.TrySetResult();
        }
    }
}
