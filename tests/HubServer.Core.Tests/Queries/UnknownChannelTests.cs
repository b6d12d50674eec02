using HubServer.Protocol;

namespace HubServer.Core.Tests.Queries;

public sealed class UnknownChannelTests() : NodeTests(new HubServerOptions())
{
    [Fact]
    public async Task Channel_ThatTheNodeDoesNotKnow_IsNotDeniedWhileTheNodeIsBehindItsBackplane()
    {
        Node.Registry.ReportStale(true);
        Assert.All(await AskAsync(), error =>
        {
            Assert.Equal(ErrorCode.BackplaneUnavailable, error.Code);
            Assert.Equal("channel 'a' is not known here, and this node is behind its backplane; ask again, or another node", error.Message);
        });

        Node.Registry.ReportStale(false);
        Assert.All(await AskAsync(), error => Assert.Equal(ErrorCode.NotFound, error.Code));
    }

    [Fact]
    public void Channel_ThatTheNodeKnows_IsDescribedWhileTheNodeIsBehindItsBackplane()
    {
        Publish("a");
        Node.Registry.ReportStale(true);
        Assert.Equal(["time", "v"], Node.Settings(new ChannelId("a")).Fields?.Select(field => field.Name) ?? []);
    }

    /// <summary>The refusals of all that is asked of one channel.</summary>
    private async Task<ProtocolException[]> AskAsync()
    {
        var id = new ChannelId("a");
        return
        [
            Assert.Throws<ProtocolException>(() => Node.Settings(id)),
            await Assert.ThrowsAsync<ProtocolException>(() => Node.RemoveAsync(id).AsTask()),
            await Assert.ThrowsAsync<ProtocolException>(() => Node.SnapshotAsync(id, null, null, null).AsTask()),
        ];
    }
}
