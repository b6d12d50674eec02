using System.Collections.Concurrent;
using HubServer.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HubServer.Client.Tests.Fixtures;

/// <summary>A server that does what no server of ours does.</summary>
public sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedServer(Action<WebApplication>? configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSignalR().AddMessagePackProtocol();
        builder.Services.AddSingleton(this);
        _app = builder.Build();
        configure?.Invoke(_app);
        _app.MapHub<ScriptedHub>("/hub");
    }

    public Uri Url => new(_app.Urls.Single());

    /// <summary>What was asked for, the earliest first.</summary>
    public ConcurrentQueue<QueryRequest> Queries { get; } = [];

    /// <summary>What was published, the earliest first.</summary>
    public ConcurrentQueue<PublishRequest> Publishes { get; } = [];

    /// <summary>What the queries answer, the first one first; the last answers all that follow.</summary>
    public IReadOnlyList<Func<QueryRequest, CancellationToken, IAsyncEnumerable<object>>> OnQuery { get; set; } = [];

    /// <summary>What publishes answer.</summary>
    public Func<PublishRequest, PublishResult[]> OnPublish { get; set; } = static _ => throw new HubException("internal: nothing is published here");

    public static async Task<ScriptedServer> StartAsync(Action<WebApplication>? configure = null)
    {
        var server = new ScriptedServer(configure);
        await server._app.StartAsync();
        return server;
    }

    public IAsyncEnumerable<object> Answer(QueryRequest request, CancellationToken cancellationToken)
    {
        Queries.Enqueue(request);
        return OnQuery[Math.Min(Queries.Count, OnQuery.Count) - 1](request, cancellationToken);
    }

    public PublishResult[] Answer(PublishRequest request)
    {
        Publishes.Enqueue(request);
        return OnPublish(request);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
