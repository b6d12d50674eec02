namespace HubServer.Protocol;

/// <summary>What an acknowledged publish means.</summary>
public enum PublishLevel
{
    /// <summary>The backplane has the rows in order.</summary>
    Logged,

    /// <summary>A replica of the backplane has them too.</summary>
    Replicated,
}
