namespace HubServer.Fixtures;

/// <summary>The ways through a proxy.</summary>
[Flags]
public enum Direction
{
    None = 0,
    ToServer = 1,
    ToClient = 2,
    Both = ToServer | ToClient,
}
