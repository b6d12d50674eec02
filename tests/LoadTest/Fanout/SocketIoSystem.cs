using System.Buffers;
using System.Diagnostics;
using System.Globalization;

namespace HubServer.LoadTest.Fanout;

/// <summary>Socket.IO on Node.js: a room for each channel; the rows of a tick in one event, and out as an event each.</summary>
internal sealed class SocketIoSystem : IFanoutSystem
{
    private const string Path = "/socket.io/?EIO=4&transport=websocket";

    public string Name => "socket.io";

    public string? InstallCommand => Directory.Exists(System.IO.Path.Combine(Paths.SocketIo, "node_modules", "socket.io")) ? null : "npm ci --prefix tests/LoadTest/socketio";

    public string? ReadyPath => null;

    public IRowScanner Scanner { get; } = new TextRowScanner();

    public ProcessStartInfo ServerOf(FanoutLoad load, string folder, int port, int secondPort) =>
        new("node", ["server.mjs", port.ToString(CultureInfo.InvariantCulture), string.Join(',', load.ChannelIds)]) { WorkingDirectory = Paths.SocketIo };

    /// <summary>The server puts every connection into the rooms; <c>40</c> asks for the main namespace, and is answered.</summary>
    public Opening ViewerOf(FanoutLoad load, int viewer, Variety variety) =>
        new(Path) { Request = WebSocketFrames.Of("40"u8, isBinary: false), ReadyMark = "40{"u8.ToArray() };

    public Opening PublisherOf(PublishForm form) =>
        form == PublishForm.Posts ? new Opening(null) : new(Path) { Greeting = WebSocketFrames.Of("40/publish,"u8, isBinary: false), ReadyMark = "40/publish,{"u8.ToArray() };

    public void WriteRows(IBufferWriter<byte> to, PublishForm form, ReadOnlySpan<string> channels, double stamp)
    {
        var row = RowWriting.JsonOf(stamp);
        if (form == PublishForm.Posts)
            to.WritePost($"/rows/{channels[0]}", stamp);
        else
            to.Write($"42/publish,[\"rows\",[{string.Join(',', channels.ToArray().Select(channel => $"[\"{channel}\",{row}]"))}]]");
    }
}
