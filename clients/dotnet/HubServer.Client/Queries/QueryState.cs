namespace HubServer.Client;

/// <summary>How far a query has come.</summary>
public enum QueryState
{
    /// <summary>No past was there yet, and an attempt to get it failed. The client goes on trying.</summary>
    Connecting,

    /// <summary>What was asked for is there; what follows is live.</summary>
    Live,

    /// <summary>The stream was lost. What was given stays as it is, and the client goes on trying to continue it.</summary>
    Reconnecting,

    /// <summary>The query asked for a closed range and has it. Nothing follows.</summary>
    Done,
}
