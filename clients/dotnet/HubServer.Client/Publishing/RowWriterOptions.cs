using System.ComponentModel.DataAnnotations;
using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>How a <see cref="RowWriter"/> collects rows. What a writer was made with no longer changes it.</summary>
public sealed class RowWriterOptions
{
    /// <summary>How long a row waits for others at most. 1 ms to 1 minute, default 100 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A channel's rows are sent at once when there are so many. 1 to 1,000, default 1,000.</summary>
    [Range(1, Blocks.MaxRows)]
    public int MaxBlockRows { get; set; } = Blocks.MaxRows;

    /// <summary>
    /// About the most bytes of rows that may wait for their acknowledgement, in all channels: eight for each value, and the
    /// texts. While there are more, writing waits. 1 KB to 1 GB, default 16 MB.
    /// </summary>
    [Range(1 << 10, 1 << 30)]
    public int MaxPendingBytes { get; set; } = 16 << 20;

    /// <summary>How long <see cref="RowWriter.DisposeAsync"/> waits for what is under way. 0 to 1 hour, default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What an acknowledgement has to mean. Default <see cref="PublishLevel.Logged"/>.</summary>
    public PublishLevel Level { get; set; }

    /// <summary>
    /// Is called for rows that were not written, on any thread, and not for two blocks of a channel at once. Null, the
    /// default: then the next call of the writer throws what they were refused with.
    /// </summary>
    public Action<RefusedRows>? OnRefused { get; set; }

    internal RowWriterOptions Copy() => (RowWriterOptions)MemberwiseClone();
}
