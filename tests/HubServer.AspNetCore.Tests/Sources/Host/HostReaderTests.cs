using HubServer.AspNetCore.Sources;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.AspNetCore.Tests.Sources;

public sealed class HostReaderTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));
    private readonly ProcFolder _proc = new();

    public void Dispose() => _proc.Dispose();

    [Fact]
    public void ReadRound_WhenFirst_GivesOnlyWhatNeedsNoDelta()
    {
        var round = Reader().ReadRound();

        Assert.Equal(["load", "memory", "process{name=\"hubserver\"}"], round.Channels());
        var process = round.Of("process");
        Assert.True(process.Value("workingSet") > 0);
        Assert.Equal(1, process.Value("threads"));
        Assert.Null(process.Value("cpu"));
        Assert.Null(process.Value("collections"));
        Assert.Null(process.Value("allocated"));
    }

    [Fact]
    public void ReadRound_WhenSecond_GivesRatesOverTheTimeBetween()
    {
        var reader = Reader();
        reader.ReadRound();
        _time.Advance(TimeSpan.FromSeconds(2));
        _proc.Write("stat", "cpu  2989 0 1513 309153 842 0 14 12 0 0\ncpu0 1031 0 538 155499 40 0 3 4 0 0\n");
        _proc.Write("diskstats", "254 0 vda 8064 4535 1711882 14105 1118 5134 441756 1132 0 8952 15430\n");
        _proc.Write("net/dev", "eth0: 25842402 890 2 0 0 0 0 0 70914 680 2 0 0 0 0 0\n");

        var round = reader.ReadRound();

        Assert.Equal(
            ["cpu{core=\"0\"}", "cpu{core=\"all\"}", "disk{device=\"vda\"}", "load", "memory", "network{device=\"eth0\"}", "process{name=\"hubserver\"}"],
            round.Channels());
        var cpu = round.Of("cpu", "core", "all");
        Assert.Equal((37.5, 25, 12.5, 25), (cpu.Value("busy"), cpu.Value("user"), cpu.Value("system"), cpu.Value("iowait")));
        var disk = round.Of("disk");
        Assert.Equal((51_200, 25_600, 5, 2, 50), (disk.Value("read"), disk.Value("written"), disk.Value("reads"), disk.Value("writes"), disk.Value("busy")));
        var network = round.Of("network");
        Assert.Equal((1000, 200, 5, 0.5), (network.Value("received"), network.Value("sent"), network.Value("packets"), network.Value("errors")));
        Assert.All(round, reading => Assert.Equal(1_700_000_002_000, reading.Rows.Value("time")));
    }

    [Fact]
    public void ReadRound_WhenTheNodeHasANameOfItsOwn_SaysItInEveryChannel()
    {
        var reader = Reader("b");
        reader.ReadRound();

        var round = Next(reader);

        Assert.Contains("cpu{core=\"all\",node=\"b\"}", round.Channels());
        Assert.All(round, reading => Assert.Equal((Environment.MachineName, "b"), (reading.Channel.Labels["host"], reading.Channel.Labels["node"])));
    }

    [Fact]
    public void ReadRound_WhenTheNodeIsCalledAsItsMachine_SaysOnlyThat() =>
        Assert.All(Reader().ReadRound(), reading => Assert.DoesNotContain(reading.Channel.Labels.Pairs, pair => pair.Key == "node"));

    [Fact]
    public void ReadRound_WhenACounterStartedAgain_GivesNull()
    {
        var reader = Reader();
        reader.ReadRound();
        _time.Advance(TimeSpan.FromSeconds(1));
        _proc.Write("net/dev", "eth0: 100 886 2 0 0 0 0 0 70514 674 1 0 0 0 0 0\n");

        var network = reader.ReadRound().Of("network");

        Assert.Null(network.Value("received"));
        Assert.Equal(0, network.Value("sent"));
    }

    [Fact]
    public void ReadRound_WhenADeviceComesBack_WaitsForItsSecondReading()
    {
        var reader = Reader();
        reader.ReadRound();
        _proc.Write("net/dev", "ifb0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
        Assert.DoesNotContain("network{device=\"eth0\"}", Next(reader).Channels());

        _proc.Write("net/dev", ProcSamples.NetDev);
        Assert.DoesNotContain("network{device=\"eth0\"}", Next(reader).Channels());
        Assert.Contains("network{device=\"eth0\"}", Next(reader).Channels());
    }

    [Fact]
    public void ReadRound_WhenThereIsNoProc_GivesProcessAndMemory()
    {
        GC.Collect();
        var reader = new HostReader(_time, Environment.MachineName, 64, Path.Combine(_proc.Path, "missing"));
        reader.ReadRound();
        _time.Advance(TimeSpan.FromSeconds(1));

        var round = reader.ReadRound();

        Assert.Equal(["memory", "process{name=\"hubserver\"}"], round.Channels());
        var memory = round.Of("memory");
        Assert.True(memory.Value("total") > 0);
        Assert.InRange(memory.Value("used").GetValueOrDefault(-1), 0, memory.Value("total").GetValueOrDefault());
        Assert.True(round.Of("process").Value("threads") >= 1);
        Assert.True(round.Of("process").Value("allocated") >= 0);
    }

    [Fact]
    public void ReadRound_OfAHub_GivesItsRowsAsRatesAndTheRestAsItIs()
    {
        var status = Status(rowsIn: 100, rowsOut: 1_000);
        var reader = new HostReader(_time, Environment.MachineName, 64, _proc.Path, () => status);
        var first = reader.ReadRound().Of("hub");
        Assert.Equal((null, null, 3, 7, 2, 40, 5, 4_096), (first.Value("rowsIn"), first.Value("rowsOut"), first.Value("connections"), first.Value("queries"), first.Value("feeds"), first.Value("channels"), first.Value("pendingRows"), first.Value("ringBytes")));

        status = Status(rowsIn: 150, rowsOut: 3_000);
        _time.Advance(TimeSpan.FromSeconds(2));
        var second = reader.ReadRound().Of("hub");
        Assert.Equal((25, 1_000), (second.Value("rowsIn"), second.Value("rowsOut")));

        static NodeStatus Status(long rowsIn, long rowsOut) => new(
            "n", "1", 1, Channels: 40, Connections: 3, Queries: 7, Feeds: 2, FollowedChannels: 9, Timers: 0, rowsIn, rowsOut, SharedItems: 0, PrivateItems: 0,
            Lapped: 0, PendingRows: 5, PendingBytes: 0, RingBytes: 4_096, CachedBytes: 0, ManagedBytes: 0, IsStale: false, new BackplaneStatus("memory", true, null, []));
    }

    [Fact]
    public void ReadRound_WhenFilesAreNonsense_GoesOn()
    {
        foreach (var file in (string[])["stat", "meminfo", "loadavg", "diskstats", "net/dev", "self/stat"])
            _proc.Write(file, "cpu cpu: ) / 1\n:\n\n\t7 x");
        var reader = Reader();
        reader.ReadRound();

        Assert.Equal(["memory", "process{name=\"hubserver\"}"], Next(reader).Channels());
    }

    [Fact]
    public void ReadRound_OnThisMachine_GivesPlausibleValues()
    {
        var reader = new HostReader(TimeProvider.System, Environment.MachineName, 64);
        reader.ReadRound();

        // The kernel counts in ticks of 10 ms, so a few of them have to pass before shares mean anything.
        var started = TimeProvider.System.GetTimestamp();
        SpinWait.SpinUntil(() => TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromMilliseconds(200));
        var round = reader.ReadRound();

        Assert.All(round, reading => Assert.Equal(Environment.MachineName, reading.Channel.Labels["host"]));
        var memory = round.Of("memory");
        Assert.InRange(memory.Value("used").GetValueOrDefault(-1), 1, memory.Value("total").GetValueOrDefault());
        var process = round.Of("process");
        Assert.InRange(process.Value("cpu").GetValueOrDefault(-1), 0, 100 * Environment.ProcessorCount * 1.5);
        Assert.True((process.Value("gcHeap") ?? 0) <= process.Value("workingSet"));
        if (!OperatingSystem.IsLinux())
            return;

        Assert.InRange(round.Of("cpu", "core", "all").Value("busy").GetValueOrDefault(-1), 0, 100);
        Assert.True(round.Count(reading => reading.Channel.Name == "cpu") >= 2);
        Assert.True(round.Of("load").Value("load1") >= 0);
        Assert.All(round.SelectMany(Numbers), number => Assert.InRange(number, 0, double.MaxValue));
    }

    private static double[] Numbers((ChannelId Channel, Rows Rows) reading) =>
        [.. reading.Rows.Fields.Select(field => reading.Rows.Value(field.Name)).OfType<double>()];

    private HostReader Reader(string? node = null) => new(_time, node ?? Environment.MachineName, 64, _proc.Path);

    private IReadOnlyList<(ChannelId Channel, Rows Rows)> Next(HostReader reader)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return reader.ReadRound();
    }
}
