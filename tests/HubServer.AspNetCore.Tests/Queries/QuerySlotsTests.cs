using HubServer.AspNetCore.Hubs;

namespace HubServer.AspNetCore.Tests.Queries;

public sealed class QuerySlotsTests
{
    [Fact]
    public void TryTake_CountsWhatRuns_AndNotWhatWasCancelled()
    {
        var slots = new QuerySlots(2);
        using var cancelled = new CancellationTokenSource();
        var first = slots.TryTake(cancelled.Token);
        using var second = slots.TryTake(CancellationToken.None);
        Assert.Null(slots.TryTake(CancellationToken.None));

        cancelled.Cancel();
        using var third = slots.TryTake(CancellationToken.None);
        Assert.NotNull(third);
        first?.Dispose();
        Assert.Null(slots.TryTake(CancellationToken.None));
    }

    [Fact]
    public void TryTake_WhenAsManyAreEndingAsMayRun_GivesNoneUntilOneHasEnded()
    {
        var slots = new QuerySlots(2);
        using var cancelled = new CancellationTokenSource();
        var ending = new[] { slots.TryTake(cancelled.Token), slots.TryTake(cancelled.Token) };
        cancelled.Cancel();
        Assert.Null(slots.TryTake(CancellationToken.None));

        ending[0]?.Dispose();
        ending[0]?.Dispose();
        using var running = slots.TryTake(CancellationToken.None);
        Assert.NotNull(running);
        ending[1]?.Dispose();
    }

    [Fact]
    public void TryTake_ForAQueryThatIsCancelledAlready_RunsNone()
    {
        var slots = new QuerySlots(1);
        using var ending = slots.TryTake(new CancellationToken(canceled: true));
        Assert.Null(slots.TryTake(CancellationToken.None));

        ending?.Dispose();
        Assert.NotNull(slots.TryTake(CancellationToken.None));
    }
}
