using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using HubServer.Core;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HubServer.AspNetCore.Tests.Fixtures;

/// <summary>A real server on a free port of this machine, without sources; each test starts its own.</summary>
internal sealed class ServerFixture : IAsyncDisposable
{
    private static readonly string[] Uses = ["queries", "feeds", "timers"];

    private readonly WebApplication _app;
    private readonly ErrorLog _errors;
    private readonly StrongBox<int> _requests;
    private readonly ConcurrentBag<HubConnection> _connections = [];

    private ServerFixture(WebApplication app, ErrorLog errors, StrongBox<int> requests)
    {
        _app = app;
        _requests = requests;
        _errors = errors;
        Url = new Uri(app.Urls.Single());
        Http = new HttpClient { BaseAddress = Url };
        LimitsReached = new LimitCounter(app.Services.GetRequiredService<IMeterFactory>());
    }

    public Uri Url { get; }

    public HttpClient Http { get; }

    public Node Node => _app.Services.GetRequiredService<Node>();

    /// <summary>What was mapped.</summary>
    public IEnumerable<Endpoint> Endpoints => ((IEndpointRouteBuilder)_app).DataSources.SelectMany(source => source.Endpoints);

    /// <summary>The backplane that the test gave it.</summary>
    public T Backplane<T>()
        where T : IBackplane => _app.Services.GetRequiredService<T>();

    /// <summary>How often a limit refused something, by option.</summary>
    public LimitCounter LimitsReached { get; }

    /// <summary>The requests that the server is working on.</summary>
    public int Requests => Volatile.Read(ref _requests.Value);

    /// <summary>What the server logged as an error; a client must not be able to cause any.</summary>
    public IReadOnlyCollection<string> Errors => _errors.Lines;

    /// <summary>Starts a server; the settings' keys stand below <c>HubServer:</c>.</summary>
    public static Task<ServerFixture> StartAsync(params (string Key, string Value)[] settings) => StartAsync(static _ => { }, settings);

    /// <summary>Starts a server with services of the test's own, which come before those of HubServer.</summary>
    public static async Task<ServerFixture> StartAsync(Action<IServiceCollection> addServices, params (string Key, string Value)[] settings)
    {
        var errors = new ErrorLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(errors);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection([
            KeyValuePair.Create("HubServer:Sources:Host:Enabled", (string?)"false"),
            .. settings.Select(setting => KeyValuePair.Create($"HubServer:{setting.Key}", (string?)setting.Value)),
        ]);
        addServices(builder.Services);
        builder.Services.AddHubServer();

        var requests = new StrongBox<int>();
        var app = builder.Build();
        app.Use(next => async context =>
        {
            Interlocked.Increment(ref requests.Value);
            try
            {
                await next(context);
            }
            finally
            {
                Interlocked.Decrement(ref requests.Value);
            }
        });
        try
        {
            app.MapHubServer();
            await app.StartAsync();
        }
        catch
        {
            // It watches its settings' files, and the system lets a user watch only so many.
            await app.DisposeAsync();
            throw;
        }

        return new ServerFixture(app, errors, requests);
    }

    /// <summary>Connects the official client.</summary>
    public async Task<HubConnection> ConnectAsync(Wire wire)
    {
        var builder = new HubConnectionBuilder().WithUrl(new Uri(Url, "/hub"), options =>
        {
            options.SkipNegotiation = !wire.Negotiates;
            options.Transports = Microsoft.AspNetCore.Http.Connections.HttpTransportType.WebSockets;
        });
        if (wire.Format == WireFormat.MessagePack)
            builder.AddMessagePackProtocol();

        var connection = builder.Build();
        _connections.Add(connection);
        await connection.StartAsync();
        return connection;
    }

    /// <summary>Publishes rows of a time and a number <c>value</c>, counting up from <paramref name="first"/>.</summary>
    public async Task<PublishResult> PublishAsync(string channel, int first, int count = 1)
    {
        var numbers = Enumerable.Range(first, count).Select(number => (double)number).ToArray();
        return await PublishAsync(channel, [new RowField("time"), new RowField("value")], new Column([.. numbers]), new Column([.. numbers]));
    }

    /// <summary>Publishes columns.</summary>
    public async Task<PublishResult> PublishAsync(string channel, RowField[] fields, params Column[] columns)
    {
        var result = await Node.Ingest.PublishAsync(ChannelId.Parse(channel), new Rows(fields, columns), CancellationToken.None);
        Assert.Null(result.Error);
        return result;
    }

    public async Task<HttpResponseMessage> PostAsync(string path, string body, string contentType = "application/json") =>
        await Http.PostAsync(new Uri(path, UriKind.Relative), new StringContent(body, Encoding.UTF8, contentType));

    /// <summary>Sends a request whose path goes out as it stands.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null)
    {
        var uri = new Uri($"{Url.GetLeftPart(UriPartial.Authority)}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(method, uri) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        return await Http.SendAsync(request);
    }

    public async Task<JsonElement> GetJsonAsync(string path) =>
        await Http.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative));

    /// <summary>The list of channels as the server words it, but for the rate, which changes by itself.</summary>
    public string Channels() => string.Join('\n', Node.List(new ListRequest()).Channels.Select(channel => channel with { RowsPerSecond = 0 })
        .Select(channel => Encoding.UTF8.GetString(WireWriter.ToBytes(WireFormat.Json, channel))));

    /// <summary>Waits until no query, feed or timer is left.</summary>
    public async Task EventuallyIdleAsync(string because)
    {
        var status = default(JsonElement);
        await Wait.Eventually(
            async () =>
            {
                status = await GetJsonAsync("/api/status");
                return Uses.All(name => status.GetProperty(name).GetInt64() == 0);
            },
            because,
            () => status.ToString(),
            TimeSpan.FromSeconds(1));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
            await connection.DisposeAsync();
        Http.Dispose();
        LimitsReached.Dispose();
        await _app.DisposeAsync();
    }
}
