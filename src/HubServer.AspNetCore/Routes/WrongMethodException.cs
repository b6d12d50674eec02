namespace HubServer.AspNetCore.Routes;

/// <summary>A route was called with a method that it does not take.</summary>
internal sealed class WrongMethodException(string allowed, string message) : Exception(message)
{
    /// <summary>The methods that it takes, as the header <c>Allow</c> lists them.</summary>
    public string Allowed => allowed;
}
