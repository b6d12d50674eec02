namespace HubServer.Core;

/// <summary>What one subscription wants of the past; live frames do not depend on it.</summary>
/// <param name="Rows">The newest rows wanted, for each target; null for all kept.</param>
/// <param name="From">The first moment wanted, in milliseconds since 1970.</param>
/// <param name="To">The last moment wanted; where it is given the query ends with its past.</param>
/// <param name="MaxDataPoints">The rows beyond which a past is thinned.</param>
internal sealed record Shape(IReadOnlyList<int?> Rows, double? From, double? To, int? MaxDataPoints);
