namespace HubServer.LoadTest.Fanout;

/// <summary>What the viewers ask for.</summary>
internal enum Variety
{
    /// <summary>All the same query.</summary>
    Same,

    /// <summary>Each a query of its own over the same channels: other refIds in another order, and every second one fewer fields.</summary>
    Different,
}
