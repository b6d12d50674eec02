using HubServer.AspNetCore.Sources;

namespace HubServer.AspNetCore.Tests.Sources;

public sealed class LoadAverageTests
{
    [Fact]
    public void Parse_WhenReal_GivesLoadsAndRunningTasks()
    {
        Assert.Equal(new LoadAverage(0.02, 0.03, 0, 1), LoadAverage.Parse(ProcSamples.LoadAvg));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0.02 0.03\n")]
    [InlineData("0.02 0.03 0.00\n")]
    [InlineData("0.02 0.03 0.00 84\n")]
    [InlineData("0.02 x 0.00 1/84\n")]
    [InlineData("0.02 0.03 0.00 /84\n")]
    public void Parse_WhenMalformed_IsNull(string text)
    {
        Assert.Null(LoadAverage.Parse(text));
    }
}
