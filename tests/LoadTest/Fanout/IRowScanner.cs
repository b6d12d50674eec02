namespace HubServer.LoadTest.Fanout;

/// <summary>Finds rows in the payload that a connection receives, and parses no more of it than their stamps.</summary>
internal interface IRowScanner
{
    /// <summary>Counts the rows; returns how many bytes are done with, and is given the rest again with what comes next.</summary>
    int Scan(ReadOnlySpan<byte> payload, Tally tally);
}
