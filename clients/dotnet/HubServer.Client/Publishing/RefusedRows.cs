using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>Rows that a <see cref="RowWriter"/> gives up.</summary>
/// <param name="Channel">The channel that they were for.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Error">Why. Its <c>Result</c> says how many of them were written all the same, which is none as a rule.</param>
public sealed record RefusedRows(string Channel, Rows Rows, HubServerException Error);
