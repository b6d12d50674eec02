namespace HubServer.Protocol;

/// <summary>A message of the contract: one reader and one writer serve both wire formats.</summary>
/// <typeparam name="TSelf">The message.</typeparam>
public interface IWireType<TSelf>
    where TSelf : IWireType<TSelf>
{
    /// <summary>Reads the message.</summary>
    /// <exception cref="ProtocolException">It is not such a message; the text names the place.</exception>
    static abstract TSelf Read(ref WireReader reader);

    /// <summary>Writes the message.</summary>
    void Write(ref WireWriter writer);
}
