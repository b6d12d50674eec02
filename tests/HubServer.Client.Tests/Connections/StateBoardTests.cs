using Microsoft.Extensions.Logging.Abstractions;

namespace HubServer.Client.Tests.Connections;

public sealed class StateBoardTests
{
    private readonly StateBoard _board;
    private readonly List<string> _told = [];

    public StateBoardTests()
    {
        _board = new StateBoard(this, NullLogger.Instance);
        _board.Changed += (sender, change) =>
        {
            Assert.Same(this, sender);
            _told.Add($"{change.State} {change.Error?.Message}".TrimEnd());
        };
    }

    [Fact]
    public void Set_WhenSomethingChanged_TellsItOnce()
    {
        _board.Set(HubServerClientState.Connecting, Problem("a"));
        _board.Set(HubServerClientState.Connecting, Problem("a"));
        _board.Set(HubServerClientState.Connecting, Problem("b"));
        _board.Set(HubServerClientState.Live);

        Assert.Equal(["Connecting a", "Connecting b", "Live"], _told);
    }

    [Fact]
    public void CountStale_WhileAnyQueryIsBehind_MakesTheClientStale()
    {
        _board.Set(HubServerClientState.Live);
        _board.CountStale(1);
        _board.CountStale(1);
        _board.CountStale(-1);
        _board.CountStale(-1);

        Assert.Equal(["Live", "Stale", "Live"], _told);
    }

    [Fact]
    public void Set_AfterTheEnd_ChangesNothing()
    {
        _board.Set(HubServerClientState.Closed);
        _board.Set(HubServerClientState.Reconnecting, Problem("a"));

        Assert.Equal(["Closed"], _told);
        Assert.Equal(HubServerClientState.Closed, _board.Latest.State);
    }

    [Fact]
    public void Set_WhenAHandlerChangesTheStateItself_TellsInOrder()
    {
        _board.Changed += (_, change) =>
        {
            if (change.State == HubServerClientState.Live)
                _board.Set(HubServerClientState.Closed);
        };
        _board.Set(HubServerClientState.Live);

        Assert.Equal(["Live", "Closed"], _told);
    }

    [Fact]
    public void Set_WhenAHandlerThrows_GoesOn()
    {
        _board.Changed += (_, _) => throw new InvalidOperationException("a fault of the program's");
        _board.Set(HubServerClientState.Live);
        _board.Set(HubServerClientState.Closed);

        Assert.Equal(["Live", "Closed"], _told);
    }

    private static HubServerException Problem(string message) => new(HubServerException.Connection, message, isTransient: true);
}
