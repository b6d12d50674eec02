using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>Rows that a client showed: a frame's, with the fields as the client knew them.</summary>
/// <param name="Channel">The channel's id.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Offset">The first offset accounted for.</param>
/// <param name="Count">The rows accounted for.</param>
/// <param name="Sampled">How they were thinned.</param>
/// <param name="Schema">The fields.</param>
/// <param name="Data">The values.</param>
internal sealed record ShownRun(string Channel, string Epoch, long Offset, int Count, string? Sampled, Schema Schema, Column[] Data)
{
    public long End => Offset + Count;

    public int Rows => Data.Length == 0 ? 0 : Data[0].Count;
}
