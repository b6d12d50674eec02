using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>
/// Why something was not done. The client repeats by itself whatever may succeed later, so what it throws says what has
/// to be changed first, or what stood in the way when it was told to stop.
/// </summary>
public sealed class HubServerException : Exception
{
    /// <summary>
    /// The <see cref="Code"/> of what no server said: nobody answers at the address, or the connection was lost.
    /// </summary>
    public const string Connection = "connection";

    /// <summary>Creates the error.</summary>
    /// <param name="code">One of <see cref="ErrorCode"/>, or <see cref="Connection"/>.</param>
    /// <param name="message">What was wrong, and what would be right.</param>
    /// <param name="isTransient">Whether the same may succeed later.</param>
    /// <param name="innerException">What it follows from, if from anything.</param>
    public HubServerException(string code, string message, bool isTransient = false, Exception? innerException = null)
        : base(message, innerException)
    {
        (Code, IsTransient) = (code, isTransient);
    }

    /// <summary>One of <see cref="ErrorCode"/>, or <see cref="Connection"/>.</summary>
    public string Code { get; }

    /// <summary>Whether the same may succeed later without being changed.</summary>
    public bool IsTransient { get; }

    /// <summary>For a publish: what became of its rows, of which some may have been written. Null for anything else.</summary>
    public PublishResult? Result { get; internal init; }

    /// <summary>How long the server asks to wait before the next attempt; zero where it does not say.</summary>
    internal TimeSpan RetryAfter { get; init; }

    /// <summary>A limit that is passed on this side, before the server would end the connection for it.</summary>
    internal static HubServerException TooLarge(string what, long bytes, long limit) => new(
        ErrorCode.LimitExceeded,
        $"{what} takes {bytes} bytes and a message may take {limit}; make it smaller, or raise {nameof(HubServerClientOptions)}.{nameof(HubServerClientOptions.MaxMessageBytes)} together with the server's HubServer:Transport:MaxHubMessageBytes");

    /// <summary>Whether two errors, or their absence, say the same.</summary>
    internal static bool AreSame(HubServerException? one, HubServerException? other) => (one?.Code, one?.Message) == (other?.Code, other?.Message);

    /// <summary>The same error for somebody else who waited for it: an exception that is thrown twice loses its place.</summary>
    internal HubServerException Again() => new(Code, Message, IsTransient, InnerException ?? this) { RetryAfter = RetryAfter, Result = Result };
}
