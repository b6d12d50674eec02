using HubServer.AspNetCore.Sources;

namespace HubServer.AspNetCore.Tests.Sources;

public sealed class CpuTimesTests
{
    private static readonly CpuTimes Last = new(User: 1000, System: 500, Idle: 8000, IoWait: 200, Steal: 10);

    [Fact]
    public void Parse_WhenReal_GivesEachCoreAndAll()
    {
        var cores = CpuTimes.Parse(ProcSamples.Stat);

        Assert.Equal(["0", "1", "all"], cores.Keys.Order());
        Assert.Equal(new CpuTimes(2889, 1463 + 14, 309003, 742, 12), cores["all"]);
        Assert.Equal(new CpuTimes(1857, 924 + 11, 153503, 702, 7), cores["1"]);
    }

    [Fact]
    public void Parse_WhenNiceAndInterrupts_CountsThemAsUserAndSystem()
    {
        var cores = CpuTimes.Parse("cpu7 1 2 4 8 16 32 64 128 256 512\n");

        Assert.Equal(new CpuTimes(1 + 2, 4 + 32 + 64, 8, 16, 128), cores["7"]);
    }

    [Fact]
    public void Parse_WhenKernelHasFourColumns_TakesTheRestAsZero()
    {
        var cores = CpuTimes.Parse("cpu  1 2 3 4\n");

        Assert.Equal(new CpuTimes(3, 3, 4, 0, 0), cores["all"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("cpu0 1 2 3\n")]
    [InlineData("cpu0 1 2 x 4 5\n")]
    [InlineData("cpu")]
    [InlineData("nonsense\ncpu0 1 2 3 4\n")]
    public void Parse_WhenMalformed_LeavesTheCoreOut(string text)
    {
        Assert.Empty(CpuTimes.Parse(text));
    }

    [Fact]
    public void Since_WhenTimePassed_GivesShares()
    {
        var now = new CpuTimes(User: 1020, System: 510, Idle: 8060, IoWait: 205, Steal: 15);

        Assert.Equal(new CpuShares(Busy: 35, User: 20, System: 10, IoWait: 5), now.Since(Last));
    }

    [Fact]
    public void Since_WhenNothingMoved_IsNull()
    {
        Assert.Equal(default, Last.Since(Last));
    }

    [Theory]
    [InlineData(999, 510, 8060, 15)]
    [InlineData(1020, 499, 8060, 15)]
    [InlineData(1020, 510, 7999, 15)]
    [InlineData(1020, 510, 8060, 9)]
    public void Since_WhenACounterStartedAgain_IsNull(ulong user, ulong system, ulong idle, ulong steal)
    {
        Assert.Equal(default, new CpuTimes(user, system, idle, 205, steal).Since(Last));
    }

    [Fact]
    public void Since_WhenOnlyIoWaitWentBack_GivesTheOthers()
    {
        var now = new CpuTimes(User: 1025, System: 525, Idle: 8050, IoWait: 199, Steal: 10);

        Assert.Equal(new CpuShares(Busy: 50, User: 25, System: 25, IoWait: null), now.Since(Last));
    }
}
