using HubServer.Protocol;

namespace HubServer.History;

/// <summary>What became of a block, or of one attempt to publish it.</summary>
/// <param name="Kind"><see cref="HistoryKind.Ok"/>, <see cref="HistoryKind.Fail"/> or <see cref="HistoryKind.Info"/>.</param>
/// <param name="Result">The acknowledgement, if there is one.</param>
/// <param name="Code">Why there is none.</param>
public sealed record PublishOutcome(HistoryKind Kind, PublishResult? Result = null, string? Code = null)
{
    /// <summary>The code of an attempt that found nobody to talk to.</summary>
    public const string Unconnected = "unconnected";
}
