namespace HubServer.Protocol;

/// <summary>How far a query has come.</summary>
public enum ItemState
{
    /// <summary>The past is being sent.</summary>
    Loading,

    /// <summary>Every target's past is complete; what follows is live.</summary>
    Streaming,

    /// <summary>The query asked for a closed range and has it.</summary>
    Done,
}
