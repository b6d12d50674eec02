using Microsoft.Extensions.Logging.Abstractions;

namespace HubServer.Core.Tests.Simulation;

/// <summary>One node with its backplane and clock, drawn from a seed, and what the actors share.</summary>
internal sealed class World : IDisposable
{
    private static readonly string[] AllChannels =
    [
        """cpu{core="0",host="a"}""", """cpu{core="1",host="a"}""", """cpu{host="b"}""", "cpu", "mem",
        "plant/1/temp", "plant/2/temp", """plant/2/flow{unit="x"}""", "plant/2/hall/3/temp",
    ];

    private readonly CancellationTokenSource _end = new();
    private long _serial;
    private int _busy;

    public World(int seed, TimeProvider time, WorkPool work, History history, Func<HubServerOptions, IBackplane>? createBackplane = null)
    {
        Seed = seed;
        Time = time;
        History = history;
        var random = new Random(seed);
        random.Shuffle(Channels = [.. AllChannels]);
        Channels = Channels[..random.Next(1, Channels.Length + 1)];
        Options = DrawOptions(random);
        IsLong = random.Next(10) == 0;
        CommonTargets = new RequestMaker(this, random).DrawTargets();
        Metrics = new HubServerMetrics();
        Truth = new Truth(CapacityOf);
        var failures = random.Next(4) == 0 ? 0.05 : 0;
        IBackplane inner = random.Next(3) == 0 ? new LossyBackplane(Options, time) : new InMemoryBackplane(Options, time);
        if (createBackplane is not null)
            inner = createBackplane(Options);
        Backplane = new RecordingBackplane(inner, Truth, Branches, new Random(seed + 1), failures);
        Node = new Node(Options, Backplane, Metrics, time, work, NullLogger<Node>.Instance);
    }

    public int Seed { get; }

    public TimeProvider Time { get; }

    public History History { get; }

    public string[] Channels { get; private set; } = [];

    public HubServerOptions Options { get; }

    /// <summary>Whether publishers go on gently after their first rush.</summary>
    public bool IsLong { get; }

    /// <summary>What about half of the clients ask for, so that they share feeds.</summary>
    public (SelectorChoice Selector, HubServer.Protocol.Target Target)[] CommonTargets { get; }

    public HubServerMetrics Metrics { get; }

    public Truth Truth { get; }

    public Branches Branches { get; } = new();

    public RecordingBackplane Backplane { get; }

    public Node Node { get; }

    /// <summary>Whether rings lose rows by their number alone, so that what is kept can be told.</summary>
    public bool IsCapacityExact => Options.Channels.MaxBytes >= 1 << 20;

    /// <summary>Ends every query that still runs.</summary>
    public CancellationToken End => _end.Token;

    /// <summary>Set once nothing more is published: clients then take what there is without pausing.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>What pauses are multiplied with: less than 1 where they take real time.</summary>
    public double PauseScale { get; init; } = 1;

    /// <summary>The actors that still have something to do before the quiet.</summary>
    public int Busy => Volatile.Read(ref _busy);

    public double Now => (Time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;

    public Random NewRandom(int actor) => new((Seed * 1_000) + actor);

    public double NextSerial() => Interlocked.Increment(ref _serial);

    public void Enter() => Interlocked.Increment(ref _busy);

    public void Leave() => Interlocked.Decrement(ref _busy);

    public async Task Pause(double milliseconds)
    {
        if (milliseconds > 0 && !IsQuiet)
            await Task.Delay(TimeSpan.FromMilliseconds(milliseconds * PauseScale), Time);
        await Task.Yield();
    }

    public void EndAll() => _end.Cancel();

    public void Dispose()
    {
        Node.Dispose();
        Backplane.Dispose();
        _end.Dispose();
    }

    private int CapacityOf(string channel) =>
        Options.Channels.Rules.Find(rule => rule.Match == "plant/**" && channel.StartsWith("plant/", StringComparison.Ordinal))?.Capacity ?? Options.Channels.Capacity;

    private static HubServerOptions DrawOptions(Random random)
    {
        var options = new HubServerOptions
        {
            Node = "sim",
            Partitions = random.Next(1, 4),
            Channels = new ChannelOptions
            {
                Capacity = Draw(random, 1, 3, 8, 20, 60, 200),
                MaxBytes = random.Next(6) == 0 ? 2_000 : 4 << 20,
                MaxChannels = 1_000,
            },
            Publishing = new PublishOptions { MaxBlockRows = Draw(random, 1, 7, 50, 1_000), MaxCallBlocks = Draw(random, 1, 3, 200), MaxPendingRows = Draw(random, 20, 10_000, 10_000) },
            Queries = new QueryOptions { MaxChannels = Draw(random, 2, 4, 1_000, 1_000), PartBytes = Draw(random, 256, 512, 2_000, 32 << 10), CacheBytes = Draw(random, 0, 2_000, 1 << 20) },
        };
        if (random.Next(2) == 0)
        {
            var retention = TimeSpan.FromMilliseconds(Draw(random, 60, 300, 1_500));
            options.Channels.Rules.Add(new ChannelRule { Match = "plant/**", Capacity = Draw(random, 2, 10, 100), Retention = retention });
        }

        return options;
    }

    private static int Draw(Random random, params int[] values) => values[random.Next(values.Length)];
}
