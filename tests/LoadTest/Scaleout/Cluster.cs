using System.Globalization;

namespace HubServer.LoadTest.Scaleout;

/// <summary>A Redis and three nodes of one system.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private const int NodeCount = 3;

    private readonly List<ChildProcess> _nodes = [];
    private readonly List<Uri> _urls = [];

    private Cluster(Redis redis) => Redis = redis;

    public Redis Redis { get; }

    /// <summary>Where the nodes are; rows are published at the first.</summary>
    public IReadOnlyList<Uri> Urls => _urls;

    public static async Task<Cluster> StartAsync(IScaleoutSystem system, Load load)
    {
        var cluster = new Cluster(await Redis.StartAsync());
        try
        {
            for (var i = 1; i <= NodeCount; i++)
            {
                var port = ChildProcess.FreePort();
                cluster._nodes.Add(ChildProcess.Start(system.NodeOf(i, port, cluster.Redis.Port, load)));
                cluster._urls.Add(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));
            }

            await cluster.BecomesReadyAsync(system.ReadyPath);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The processor time used so far.</summary>
    public CpuUse ReadCpu() => new([.. _nodes.Select(static node => node.CpuMilliseconds())], Redis.CpuMilliseconds());

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        await Redis.DisposeAsync();
    }

    private async Task BecomesReadyAsync(string path)
    {
        for (var i = 0; i < NodeCount; i++)
            await _nodes[i].AnswersAsync(new Uri(_urls[i], path));
    }
}
