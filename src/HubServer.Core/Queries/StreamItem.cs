using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>One encoded item of a query's stream; the hub protocols copy its bytes behind the envelope of each call.</summary>
public abstract class StreamItem
{
    /// <summary>The item in a format.</summary>
    /// <exception cref="InvalidOperationException">It was not encoded in that format: nobody who reads it was subscribed.</exception>
    public abstract ReadOnlyMemory<byte> Bytes(WireFormat format);
}
