using HubServer.Protocol;

namespace HubServer.AspNetCore.Bodies;

/// <summary>The backplane or its queue did not take rows that were valid.</summary>
internal sealed class RefusedException(ItemError error, string message) : Exception(message)
{
    public ItemError Error => error;
}
