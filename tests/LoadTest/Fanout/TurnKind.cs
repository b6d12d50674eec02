namespace HubServer.LoadTest.Fanout;

/// <summary>How a load is run.</summary>
internal enum TurnKind
{
    /// <summary>Viewers are connected and rows come at a fixed rate.</summary>
    Live,

    /// <summary>The rows are there, and viewers connect at once to get them.</summary>
    Join,

    /// <summary>Viewers are connected and no rows come.</summary>
    Idle,
}
