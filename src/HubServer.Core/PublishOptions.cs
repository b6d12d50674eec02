using System.ComponentModel.DataAnnotations;

namespace HubServer.Core;

/// <summary>Limits of publishing; configuration section <c>HubServer:Publishing</c>.</summary>
public sealed class PublishOptions
{
    /// <summary>The most rows of a block, the unit that is taken or refused as a whole. Default 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxBlockRows { get; set; } = 1_000;

    /// <summary>The most bytes of a block, and of all blocks of one call to the backplane. Default 128 KB.</summary>
    [Range(1_024, 16 << 20)]
    public int MaxBlockBytes { get; set; } = 128 << 10;

    /// <summary>The most blocks of one call to the backplane. Default 200.</summary>
    [Range(1, 10_000)]
    public int MaxCallBlocks { get; set; } = 200;

    /// <summary>The rows that may wait in one partition's publisher before callers are refused. Default 10,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxPendingRows { get; set; } = 10_000;

    /// <summary>
    /// The bytes that may wait in all publishers of a node, an equal share in each partition's, before callers are
    /// refused. At least 1 MB, default 5 % of the memory limit.
    /// </summary>
    [Range(1 << 20, 1L << 50)]
    public long MaxPendingBytes { get; set; } = Math.Max(1 << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 20);

    /// <summary>How long the answer to a publisher's sequence is remembered for a retry. Default 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RetryWindow { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The publishers and channels whose last answer is remembered, for each partition. Default 10,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxRetries { get; set; } = 10_000;
}
