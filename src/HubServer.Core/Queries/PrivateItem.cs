using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>An item that one subscription gets.</summary>
internal sealed class PrivateItem(WireFormat format, ReadOnlyMemory<byte> bytes) : StreamItem
{
    public override ReadOnlyMemory<byte> Bytes(WireFormat asked) =>
        asked == format ? bytes : throw new InvalidOperationException($"the item was encoded as {format}, not {asked}");
}
