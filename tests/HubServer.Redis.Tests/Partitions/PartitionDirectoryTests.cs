using HubServer.Core;

namespace HubServer.Redis.Tests.Partitions;

public sealed class PartitionDirectoryTests
{
    private static readonly ChannelState State = new("g.3", 1, "", Lineage.None, 100, null, null);

    [Theory]
    [InlineData("there", "g.3", false)]
    [InlineData("removed", "g.3", true)]
    [InlineData("removed", "g.7", true)]
    [InlineData("began-since", "g.8", false)]
    [InlineData("removed-in-an-earlier-generation", "e.5", true)]
    [InlineData("rolled-back-with-its-generation", "e.6", false)]
    [InlineData("of-another-generation", "f.3", false)]
    [InlineData("of-no-epoch", "", false)]
    public void Lacks_IsTrueOfAChannelThatBeganBeforeAndIsNotThere(string channel, string epoch, bool lacks) =>
        Assert.Equal(lacks, new PartitionDirectory("g", 7, new Lineage([new Protocol.Position("e", 5)]), new Dictionary<string, ChannelState> { ["there"] = State }).Lacks(channel, epoch));
}
