namespace HubServer.Protocol;

/// <summary>How far a <see cref="WireReader"/> has read one map or array.</summary>
public struct WireScope
{
    internal int Remaining;
    internal int Index;
}
