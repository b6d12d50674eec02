using Microsoft.Extensions.Options;

namespace HubServer.Core;

/// <summary>Where rows get their order and reach every node; configuration section <c>HubServer:Backplane</c>.</summary>
public sealed class BackplaneOptions
{
    /// <summary>Redis, which nodes share; without its connection string a node is alone and keeps the order itself.</summary>
    [ValidateObjectMembers]
    public RedisOptions Redis { get; set; } = new();
}
