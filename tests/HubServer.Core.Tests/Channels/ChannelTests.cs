using HubServer.Protocol;
using Microsoft.Extensions.Time.Testing;
using static HubServer.Core.Tests.TestBlocks;

namespace HubServer.Core.Tests.Channels;

public sealed class ChannelTests
{
    private readonly Channel _channel = new(new ChannelId("a"), "e1", 1, new ChannelRules(new ChannelOptions { Capacity = 100 }), new FakeTimeProvider());

    [Fact]
    public void Apply_AtNext_Appends()
    {
        Assert.Equal(ApplyResult.Appended, _channel.Apply(At(0, 3), out var rows));
        Assert.Equal((3, 3), (rows, _channel.ReadHead().Next));
    }

    [Fact]
    public void Apply_BelowNext_IsADuplicate()
    {
        _channel.Apply(At(0, 3));
        Assert.Equal(ApplyResult.Duplicate, _channel.Apply(At(0, 3), out var rows));
        Assert.Equal((0, 3), (rows, _channel.ReadHead().Next));
    }

    [Fact]
    public void Apply_AboveNext_ParksUntilTheRowsBeforeCome()
    {
        Assert.Equal(ApplyResult.Parked, _channel.Apply(At(5, 2)));
        Assert.Equal(ApplyResult.Parked, _channel.Apply(At(3, 2)));
        Assert.Equal(0, _channel.ReadHead().Next);

        Assert.Equal(ApplyResult.Appended, _channel.Apply(At(0, 3), out var rows));
        Assert.Equal((7, 7), (rows, _channel.ReadHead().Next));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6], _channel.Read("e1", 0, 7, View()).Columns[1].Numbers.ToArray());
    }

    [Fact]
    public void Apply_WhenAParkedBlockCameAnotherWay_ForgetsIt()
    {
        _channel.Apply(At(2));
        _channel.Apply(At(0, 3));
        Assert.Equal(ApplyResult.Appended, _channel.Apply(At(3)));
        Assert.Equal(4, _channel.ReadHead().Next);
    }

    [Fact]
    public void Apply_OfAnotherEpoch_ChangesNothing()
    {
        _channel.Apply(At(0, 3));
        Assert.Equal(ApplyResult.ForeignEpoch, _channel.Apply(At(3, 1, "e2")));
        Assert.Equal(3, _channel.ReadHead().Next);
    }

    [Fact]
    public void Apply_When64BlocksAreParked_AsksForTheLog()
    {
        for (var offset = 1; offset <= 64; offset++)
            Assert.Equal(ApplyResult.Parked, _channel.Apply(At(offset)));
        Assert.Equal(ApplyResult.Hole, _channel.Apply(At(65)));
        Assert.Equal(ApplyResult.Parked, _channel.Apply(At(64)));
        Assert.Equal(ApplyResult.Appended, _channel.Apply(At(0), out var rows));
        Assert.Equal(65, rows);
    }

    [Fact]
    public void Apply_AfterRemoval_TakesNothing()
    {
        _channel.Remove();
        Assert.Equal(ApplyResult.Removed, _channel.Apply(At(0)));
        Assert.True(_channel.ReadHead().IsRemoved);
    }

    [Fact]
    public void Read_WhenLapped_ReportsOldestKept()
    {
        for (var offset = 0; offset < 150; offset++)
            _channel.Apply(At(offset));
        var lapped = _channel.Read("e1", 40, 51, View());
        Assert.Equal((50, 51, 50d), (lapped.Start, lapped.End, lapped.Columns[1].Numbers[0]));
        var gone = _channel.Read("e1", 10, 20, View());
        Assert.Equal((20, 20, 0), (gone.Start, gone.End, gone.Columns[1].Count));
    }

    /// <summary>Seed 48 of the simulation: a newer row with an older time let the past end at a row after the moment asked for.</summary>
    [Fact]
    public void FindPast_WhenARowAfterTheCutIsOlder_EndsBeforeTheMoment()
    {
        var times = new Column([10.0, 20, 30, 15]);
        _channel.Apply(new LoggedBlock(new Block { Channel = _channel.Id, BaseHash = "", Schema = Fields, Columns = [times, times], Count = 4, Bytes = 64 }, "e1", 0));
        Assert.Equal((0, 2), _channel.FindPast("e1", 3, rows: null, from: null, to: 25));
        Assert.Equal((0, 4), _channel.FindPast("e1", 4, rows: null, from: null, to: 25));
    }

    private View View() => Core.View.Of(new TargetPlan("A", Selector.Exactly(_channel.Id), null, SampleMode.All), _channel, _channel.ReadHead());
}
