namespace HubServer.Redis.Tests.Scripts;

public sealed class ChannelStateTests
{
    [Theory]
    [InlineData("c.1", 5, "", "c.1")]
    [InlineData("c.1", 5, "b.1@5", "b.1")]
    [InlineData("c.1", 5, "b.1@5;a.1@5", "a.1")]
    [InlineData("c.1", 5, "b.1@5;a.1@3", "b.1")]
    [InlineData("c.1", 5, "b.1@4", "c.1")]
    [InlineData("c.1", 5, "b.1@4;a.1@5", "c.1")]
    public void NewestRowsEpoch_IsTheOldestEpochThatGoesUpToItsNext(string epoch, long next, string lineage, string expected) =>
        Assert.Equal(expected, new ChannelState(epoch, next, "", LineageText.Read(lineage), 100, null, null).NewestRowsEpoch);
}
