using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace HubServer.Core;

/// <summary>Limits of channels; configuration section <c>HubServer:Channels</c>.</summary>
public sealed class ChannelOptions
{
    /// <summary>The newest rows that a channel keeps. 1 to 10,000,000, default 1,000.</summary>
    [Range(1, 10_000_000)]
    public int Capacity { get; set; } = 1_000;

    /// <summary>
    /// How far a kept row may be older than the channel's newest one, by the rows' own times; null for any age. 1 ms to
    /// 365 days, default null. Both this and <see cref="Capacity"/> hold.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "365.00:00:00")]
    public TimeSpan? CapacityTime { get; set; }

    /// <summary>
    /// The most rows that a channel can be given of its own, and that one keeps whose capacity is given as a time alone.
    /// 1 to 10,000,000, default 1,000,000; <see cref="MaxBytes"/> holds beside it.
    /// </summary>
    [Range(1, 10_000_000)]
    public int MaxCapacity { get; set; } = 1_000_000;

    /// <summary>The most memory of a channel's rows, in bytes. 1 KB to 1 GB, default 4 MB.</summary>
    [Range(1_024, 1L << 30)]
    public long MaxBytes { get; set; } = 4 << 20;

    /// <summary>
    /// The most memory of all channels' rows, in bytes: channels then keep fewer rows, and none can be added. At least
    /// 1 MB, default 25 % of the memory limit.
    /// </summary>
    [Range(1 << 20, 1L << 50)]
    public long MaxTotalBytes { get; set; } = Math.Max(1 << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    /// <summary>How long a channel without new rows stays; readers do not count. 1 s to 365 days, default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The most channels of a node. Default 100,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxChannels { get; set; } = 100_000;

    /// <summary>The most characters of a channel's id. Default 512.</summary>
    [Range(1, 65_536)]
    public int MaxIdLength { get; set; } = 512;

    /// <summary>The most labels of a channel. Default 16.</summary>
    [Range(0, 1_024)]
    public int MaxLabels { get; set; } = 16;

    /// <summary>The most fields of a channel's schema. Default 256.</summary>
    [Range(1, 65_536)]
    public int MaxFields { get; set; } = 256;

    /// <summary>The most characters of a field's name with its labels. Default 512.</summary>
    [Range(1, 65_536)]
    public int MaxFieldNameLength { get; set; } = 512;

    /// <summary>The most characters of a string value. Default 65,536.</summary>
    [Range(1, 16 << 20)]
    public int MaxStringLength { get; set; } = 65_536;

    /// <summary>The most bytes of a row. Default 64 KB.</summary>
    [Range(64, 64 << 20)]
    public int MaxRowBytes { get; set; } = 64 << 10;

    /// <summary>Other values for the channels that match; the first rule that matches decides.</summary>
    [ValidateEnumeratedItems]
    public List<ChannelRule> Rules { get; set; } = [];
}
