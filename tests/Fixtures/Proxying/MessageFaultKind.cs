namespace HubServer.Fixtures.Proxying;

/// <summary>What can happen to a message.</summary>
internal enum MessageFaultKind
{
    Drop,
    Duplicate,
    Hold,
}
