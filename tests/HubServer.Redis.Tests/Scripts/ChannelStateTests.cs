using HubServer.Core;
using HubServer.Core.Tests;
using HubServer.Protocol;
using Microsoft.Extensions.Time.Testing;

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

    [Theory]
    [InlineData("e2", 2, "e1@1", "e3", 1, "e1@1", false, "the node has a newer row")]
    [InlineData("e3", 1, "e1@1", "e4", 2, "e2@2;e1@1", true, "Redis has a newer row, whenever the node's epoch began")]
    [InlineData("e2", 1, "e1@1", "e3", 1, "e1@1", true, "both have the same rows")]
    [InlineData("e2", 2, "e1@2", "e3", 1, "e1@1", false, "Redis has fewer of the same rows")]
    [InlineData("e2", 1, "e1@1", "e3", 2, "e1@2", true, "Redis has more of the same rows")]
    public void IsAsNewAs_GoesByTheNewestRow(string own, long ownNext, string ownLineage, string epoch, long next, string lineage, bool isAsNew, string why) =>
        Assert.True(isAsNew == State(epoch, next, lineage).IsAsNewAs(ChannelIn(own, ownNext, ownLineage)), why);

    [Theory]
    [InlineData("e2", 3, "e1@1", "e3", 5, "e2@4;e1@1", "e2@4;e1@1", "Redis knows the node's epoch")]
    [InlineData("e3", 1, "e1@1", "e4", 2, "e2@2;e1@1", "e2@2;e1@1;e3@1", "both were in e1, up to the same row")]
    [InlineData("e3", 4, "e2@2;e1@1", "e5", 3, "e1@1;e0@1", "e1@1;e3@1;e2@1;e0@1", "the node went on where Redis did not")]
    [InlineData("e3", 4, "e2@2;e1@1", "e1", 3, "e0@1", "e3@1;e2@1;e0@1", "Redis never left the epoch")]
    [InlineData("e3", 4, "e2@2", "e5", 3, "e4@1", "e4@1", "nothing in common")]
    public void JoinedBy_LeadsFromTheNodesEpochsByTheNewestThatBothWereIn(string own, long ownNext, string ownLineage, string epoch, long next, string lineage, string expected, string why)
    {
        var joined = State(epoch, next, lineage).JoinedBy(ChannelIn(own, ownNext, ownLineage)).Lineage;

        Assert.True(Lineage(expected) == LineageText.Of(joined), $"{why}: {LineageText.Of(joined)}");
    }

    private static ChannelState State(string epoch, long next, string lineage) => new(Full(epoch), next, "", LineageText.Read(Lineage(lineage)), 100, null, null);

    private static Channel ChannelIn(string epoch, long next, string lineage)
    {
        var registry = new ChannelRegistry(new ChannelRules(new ChannelOptions()), new FakeTimeProvider(), new HubServerMetrics());
        var channel = registry.Create(new ChannelId("x"), Full(epoch), isFollowed: false);
        Assert.True(channel.TrySkip(new ChannelNews(Full(epoch), next, TestBlocks.Fields, null, null, LineageText.Read(Lineage(lineage)), IsLive: false)));
        return channel;
    }

    private static string Full(string epoch) => $"0a1b2c3d6ab312340c350.{epoch[1..]}";

    private static string Lineage(string text) => string.Join(';', text.Split(';').Select(Full));
}
