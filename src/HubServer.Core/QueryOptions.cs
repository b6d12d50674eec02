using System.ComponentModel.DataAnnotations;

namespace HubServer.Core;

/// <summary>Limits of queries; configuration section <c>HubServer:Queries</c>.</summary>
public sealed class QueryOptions
{
    /// <summary>The most targets of a query. Default 100.</summary>
    [Range(1, 10_000)]
    public int MaxTargets { get; set; } = 100;

    /// <summary>The most channels of a query, over all its targets. Default 1,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxChannels { get; set; } = 1_000;

    /// <summary>The most characters of a target's refId. Default 128.</summary>
    [Range(32, 65_536)]
    public int MaxRefIdLength { get; set; } = 128;

    /// <summary>The most characters of a target's selector or id. Default 4,096.</summary>
    [Range(32, 65_536)]
    public int MaxSelectorLength { get; set; } = 4_096;

    /// <summary>The most terms of a selector; a channel has at most 16 labels by default. Default 64.</summary>
    [Range(1, 10_000)]
    public int MaxSelectorTerms { get; set; } = 64;

    /// <summary>The most characters of a regular expression in a selector. Default 1,000.</summary>
    [Range(1, 65_536)]
    public int MaxRegexLength { get; set; } = 1_000;

    /// <summary>
    /// The most different regular expressions of all running queries of a node; a list of plain values, <c>a|b|c</c>, is
    /// none. Each takes up to about 1 MB, and milliseconds to compile. Default 500.
    /// </summary>
    [Range(0, 1_000_000)]
    public int MaxRegexes { get; set; } = 500;

    /// <summary>
    /// The most different regular expressions of one query, or of one list of channels. Another request that has any
    /// waits while they are compiled. Default 100.
    /// </summary>
    [Range(0, 1_000_000)]
    public int MaxRegexesPerQuery { get; set; } = 100;

    /// <summary>The most fields that a target names. Default 256.</summary>
    [Range(1, 65_536)]
    public int MaxFields { get; set; } = 256;

    /// <summary>The most running queries of a connection. Default 100.</summary>
    [Range(1, 100_000)]
    public int MaxPerConnection { get; set; } = 100;

    /// <summary>The largest <c>maxDataPoints</c>. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxDataPoints { get; set; } = 10_000;

    /// <summary>The bytes at which a part of a long past ends. Default 32 KB.</summary>
    [Range(256, 1 << 20)]
    public int PartBytes { get; set; } = 32 << 10;

    /// <summary>The bytes of encoded rows kept for further readers, of a node. Default: 5 % of the memory limit, at most 256 MB.</summary>
    [Range(0, 1L << 40)]
    public long CacheBytes { get; set; } = Math.Min(256L << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 20);

    /// <summary>How long encoded rows are kept at least after they were last used, within <see cref="CacheBytes"/>; at most twice as long once others come. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan CacheTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a query waits for the backplane to give the past of its channels before it begins without, and says that
    /// it is stale. Default 5 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan PastTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The most channels of one page of the list. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxListLimit { get; set; } = 10_000;
}
