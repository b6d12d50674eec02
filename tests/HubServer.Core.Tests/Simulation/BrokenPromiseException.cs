namespace HubServer.Core.Tests.Simulation;

/// <summary>Something that the contract promises did not hold.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message);
