namespace HubServer.LoadTest.Scaleout;

/// <summary>All publishers of a load.</summary>
internal sealed class PublisherSet : IAsyncDisposable
{
    private readonly List<Publisher> _publishers = [];

    private PublisherSet()
    {
    }

    /// <summary>The rows that were taken.</summary>
    public long Taken => _publishers.Sum(static one => one.Taken);

    public Publisher this[int index] => _publishers[index];

    public static async Task<PublisherSet> StartAsync(IScaleoutSystem system, Uri node, Load load)
    {
        var set = new PublisherSet();
        for (var i = 0; i < load.Connections; i++)
            set._publishers.Add(await Publisher.StartAsync(system, node, load, i));
        return set;
    }

    /// <summary>Publishes as fast as it is taken for so long, and each request at least once.</summary>
    public async Task RunAsync(TimeSpan time)
    {
        using var stop = new CancellationTokenSource(time);
        await Task.WhenAll(_publishers.Select(one => one.RunAsync(stop.Token)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _publishers)
            await one.DisposeAsync();
    }
}
