using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace HubServer.LoadTest.Fanout;

/// <summary>
/// nats-server with WebSockets: a subscription for each channel; the publisher speaks NATS over TCP, the rows of a tick
/// in one write. It has no HTTP to take rows by, and gets a write for each instead.
/// </summary>
internal sealed class NatsSystem : IFanoutSystem
{
    private const string Connect = "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n";

    private static readonly string? Program = new[] { "/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server" }.FirstOrDefault(File.Exists);

    public string Name => "nats";

    public string? InstallCommand => Program is null ? "apt-get install -y nats-server" : null;

    public string? ReadyPath => null;

    public IRowScanner Scanner { get; } = new TextRowScanner();

    public ProcessStartInfo ServerOf(FanoutLoad load, string folder, int port, int secondPort)
    {
        var configuration = Path.Combine(folder, "nats.conf");
        File.WriteAllText(configuration, string.Create(CultureInfo.InvariantCulture, $$"""
            listen: "127.0.0.1:{{secondPort}}"
            ping_interval: "1h"
            websocket { listen: "127.0.0.1:{{port}}", no_tls: true }
            """));
        return new ProcessStartInfo(Program ?? "", ["-c", configuration]);
    }

    public Opening ViewerOf(FanoutLoad load, int viewer, Variety variety)
    {
        var subscriptions = load.ChannelIds.Select(static (channel, number) => string.Create(CultureInfo.InvariantCulture, $"SUB {channel} {number + 1}\r\n"));
        return new Opening("/")
        {
            Greeting = WebSocketFrames.Of(Encoding.ASCII.GetBytes(Connect), isBinary: true),
            Request = WebSocketFrames.Of(Encoding.ASCII.GetBytes(string.Concat(subscriptions) + "PING\r\n"), isBinary: true),
            ReadyMark = "PONG"u8.ToArray(),
        };
    }

    public Opening PublisherOf(PublishForm form) => new(Path: null) { Greeting = Encoding.ASCII.GetBytes(Connect), IsSecondPort = true };

    public void WriteRows(IBufferWriter<byte> to, PublishForm form, ReadOnlySpan<string> channels, double stamp)
    {
        var body = RowWriting.JsonOf(stamp);
        foreach (var channel in channels)
            to.Write(string.Create(CultureInfo.InvariantCulture, $"PUB {channel} {body.Length}\r\n{body}\r\n"));
    }
}
