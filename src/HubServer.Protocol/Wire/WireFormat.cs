namespace HubServer.Protocol;

/// <summary>The encodings of the contract, one for each hub protocol.</summary>
public enum WireFormat
{
    /// <summary>UTF-8 JSON.</summary>
    Json,

    /// <summary>MessagePack.</summary>
    MessagePack,
}
