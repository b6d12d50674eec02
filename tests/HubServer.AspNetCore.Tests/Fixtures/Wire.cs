using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.Fixtures;

/// <summary>How a client talks to the hub.</summary>
public sealed record Wire(WireFormat Format, bool Negotiates)
{
    public static readonly Wire Json = new(WireFormat.Json, Negotiates: false);
    public static readonly Wire MessagePack = new(WireFormat.MessagePack, Negotiates: false);

    /// <summary>Both protocols.</summary>
    public static TheoryData<WireFormat> Formats => [WireFormat.Json, WireFormat.MessagePack];

    /// <summary>Both protocols, with and without negotiation.</summary>
    public static TheoryData<WireFormat, bool> All => new()
    {
        { WireFormat.Json, false },
        { WireFormat.Json, true },
        { WireFormat.MessagePack, false },
        { WireFormat.MessagePack, true },
    };

    public static Wire Of(WireFormat format) => format == WireFormat.Json ? Json : MessagePack;
}
