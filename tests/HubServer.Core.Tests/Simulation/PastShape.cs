namespace HubServer.Core.Tests.Simulation;

/// <summary>The past that a client asked for of a target.</summary>
/// <param name="Rows">The newest rows.</param>
/// <param name="From">The first moment.</param>
/// <param name="To">The last moment, which ends the query.</param>
/// <param name="MaxDataPoints">The rows beyond which it is thinned.</param>
internal sealed record PastShape(int? Rows, double? From, double? To, int? MaxDataPoints);
