namespace HubServer.History;

/// <summary>A line with its number, from 1.</summary>
internal sealed record HistoryLine(long Number, HistoryEvent Event);
