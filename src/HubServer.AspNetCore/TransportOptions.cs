using System.ComponentModel.DataAnnotations;

namespace HubServer.AspNetCore;

/// <summary>Limits of connections and bodies; configuration section <c>HubServer:Transport</c>.</summary>
public sealed class TransportOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "HubServer:Transport";

    /// <summary>The most bytes of one hub message from a client. Default 1 MB.</summary>
    [Range(1_024, 64 << 20)]
    public long MaxHubMessageBytes { get; set; } = 1 << 20;

    /// <summary>The most bytes of a request's body, also after decompression. Default 16 MB.</summary>
    [Range(1_024, 1 << 30)]
    public int MaxBodyBytes { get; set; } = 16 << 20;

    /// <summary>
    /// How long a socket may make no room for what it is sent before it is closed. Default 10 s. The kernel keeps up to some
    /// megabytes for a socket and makes room in large pieces, so a reader of less than some 100 KB/s that is sent a long
    /// past can be taken for one that does not read.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
