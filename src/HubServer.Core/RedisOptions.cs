using System.ComponentModel.DataAnnotations;

namespace HubServer.Core;

/// <summary>The Redis backplane; configuration section <c>HubServer:Backplane:Redis</c>.</summary>
public sealed class RedisOptions
{
    /// <summary>
    /// The servers and how to connect, as StackExchange.Redis reads it: <c>redis-1:6379,redis-2:6379,password=...</c>.
    /// <c>ConnectionStrings:redis</c> stands in where this is not set. Default: none, and the node is alone.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>What all keys and messages of the deployment begin with; deployments that share a Redis have different ones. Default <c>hs</c>.</summary>
    [Required(ErrorMessage = "The field {0} must be 1 to 64 characters without white space and braces.")]
    [RegularExpression(@"[^{}\s]{1,64}", ErrorMessage = "The field {0} must be 1 to 64 characters without white space and braces.")]
    public string Prefix { get; set; } = "hs";

    /// <summary>
    /// How long a call that Redis did not answer is sent again, as it was, before its publishers are told
    /// <c>backplane_unavailable</c>; while Redis stays away, further calls are tried once. Default 1 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one try of a command may take. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// After how long without a sign of life of any partition, each of which has one a second, queries are told that
    /// they are stale. Default 3 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01.500", "00:10:00")]
    public TimeSpan StaleAfter { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a node keeps the rows of a channel that nobody reads there any more. Default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan KeepUnread { get; set; } = TimeSpan.FromMinutes(1);
}
