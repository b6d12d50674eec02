using System.ComponentModel.DataAnnotations;

namespace HubServer.Core;

/// <summary>What holds for the channels that match a selector; configuration section <c>HubServer:Channels:Rules</c>.</summary>
public sealed class ChannelRule
{
    /// <summary>The channels: a selector such as <c>plant/*/temp</c> or <c>cpu{host="a"}</c>.</summary>
    [Required]
    public string Match { get; set; } = "";

    /// <summary>The newest rows kept. Null for the general default, or for no such limit where <see cref="CapacityTime"/> is given.</summary>
    [Range(1, 10_000_000)]
    public int? Capacity { get; set; }

    /// <summary>How far a kept row may be older than the newest one; null for any age, or for the general default where <see cref="Capacity"/> is null, too.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "365.00:00:00")]
    public TimeSpan? CapacityTime { get; set; }

    /// <summary>The units of fields, by the field's name, where the publisher of a new field names none: <c>{"value": "celsius"}</c>.</summary>
    public Dictionary<string, string> Units { get; set; } = [];

    /// <summary>The most memory of the rows, in bytes; null for the general default.</summary>
    [Range(1_024, 1L << 30)]
    public long? MaxBytes { get; set; }

    /// <summary>How long the channel stays without new rows; null for the general default.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan? Retention { get; set; }
}
