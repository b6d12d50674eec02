using HubServer.AspNetCore.Sources;

namespace HubServer.AspNetCore.Tests.Sources;

public sealed class ProcessNumbersTests
{
    [Theory]
    [InlineData(ProcSamples.SelfStat, 1)]
    [InlineData("77 (a ) b (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 42 0 0\n", 42)]
    public void ParseThreads_WhenReal_GivesTheNumber(string stat, double expected)
    {
        Assert.Equal(expected, ProcessNumbers.ParseThreads(stat));
    }

    [Theory]
    [InlineData("")]
    [InlineData("4250 (cat) R 4248\n")]
    [InlineData("4250 (cat) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 many\n")]
    public void ParseThreads_WhenMalformed_IsNull(string stat)
    {
        Assert.Null(ProcessNumbers.ParseThreads(stat));
    }

    [Fact]
    public void Read_WhenThereIsNoProc_CountsThreadsAnotherWay()
    {
        Assert.True(ProcessNumbers.Read("").Threads >= 1);
    }

    [Theory]
    [InlineData(1_234, 1_234.0)]
    [InlineData(0, 0.0)]
    [InlineData(-6_648_216, null)]
    public void HeapOf_LessThanNothing_IsUnknown(long bytes, double? expected) => Assert.Equal(expected, ProcessNumbers.HeapOf(bytes));
}
