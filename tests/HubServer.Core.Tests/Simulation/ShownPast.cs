namespace HubServer.Core.Tests.Simulation;

/// <summary>A snapshot with the parts that followed it: what a client was given as the past of a channel.</summary>
/// <param name="RefId">The target.</param>
/// <param name="Channel">The channel's id.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Start">The first offset of the snapshot.</param>
/// <param name="End">The offset after the last part.</param>
/// <param name="Rows">The rows shown.</param>
/// <param name="IsSampled">Whether it was thinned.</param>
/// <param name="HasLap">Whether a part of it was lapped.</param>
/// <param name="HeadThen">The rows of the channel when it was shown.</param>
/// <param name="Shape">What the client had asked for.</param>
/// <param name="LateFrom">For a channel that came while the query ran, the epochs there were when it began.</param>
internal sealed record ShownPast(
    string RefId, string Channel, string Epoch, long Start, long End, long Rows, bool IsSampled, bool HasLap, long HeadThen, PastShape Shape, int? LateFrom);
