using HubServer.Protocol;

namespace HubServer.Core;

/// <summary>Rows of a channel that somebody asked for by the epoch in which they saw them.</summary>
/// <param name="Columns">One column for each field of the view.</param>
/// <param name="Start">The offset of the first row, above the one asked for where older rows are gone.</param>
/// <param name="End">The offset after the last row, below the one asked for where the channel lost newer rows with the epoch.</param>
internal readonly record struct RowRun(Column[] Columns, long Start, long End)
{
    public int Count => (int)(End - Start);
}
