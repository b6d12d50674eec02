namespace HubServer.Fixtures.Processes;

/// <summary>The signals that tests send, by their numbers on Linux.</summary>
internal enum Signal
{
    None = 0,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
