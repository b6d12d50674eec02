namespace HubServer.LoadTest.Fanout;

/// <summary>How a connection begins.</summary>
/// <param name="Path">The path of the WebSocket; null for a connection without one.</param>
internal sealed record Opening(string? Path)
{
    /// <summary>What is sent once it is open, in frames where it is a WebSocket.</summary>
    public byte[] Greeting { get; init; } = [];

    /// <summary>What asks for rows, which follows the greeting; an idle connection leaves it out.</summary>
    public byte[] Request { get; init; } = [];

    /// <summary>A part of the answer that says that rows will come; empty where they do as soon as the connection is open.</summary>
    public byte[] ReadyMark { get; init; } = [];

    /// <summary>Whether what is published goes in binary frames rather than in texts.</summary>
    public bool IsBinary { get; init; }

    /// <summary>Whether the server's second port is meant.</summary>
    public bool IsSecondPort { get; init; }
}
