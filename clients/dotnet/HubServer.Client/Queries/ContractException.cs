namespace HubServer.Client;

/// <summary>The server sent what PROTOCOL.md forbids.</summary>
internal sealed class ContractException(string message) : Exception(message);
