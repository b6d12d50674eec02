using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace HubServer.Core;

/// <summary>The limits and defaults of a node; configuration section <c>HubServer</c>.</summary>
public sealed class HubServerOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "HubServer";

    /// <summary>The node's name in status, logs and a query's first item. Default: the machine's name.</summary>
    [Required]
    public string Node { get; set; } = Environment.MachineName;

    /// <summary>The fixed shares of the channels that are published and followed together. 1 to 1,024, default 16.</summary>
    [Range(1, 1_024)]
    public int Partitions { get; set; } = 16;

    /// <summary>What nodes share.</summary>
    [ValidateObjectMembers]
    public BackplaneOptions Backplane { get; set; } = new();

    /// <summary>Limits of channels.</summary>
    [ValidateObjectMembers]
    public ChannelOptions Channels { get; set; } = new();

    /// <summary>Limits of publishing.</summary>
    [ValidateObjectMembers]
    public PublishOptions Publishing { get; set; } = new();

    /// <summary>Limits of queries.</summary>
    [ValidateObjectMembers]
    public QueryOptions Queries { get; set; } = new();
}
