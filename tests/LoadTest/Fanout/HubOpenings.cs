using System.Text;
using HubServer.Protocol;

namespace HubServer.LoadTest.Fanout;

/// <summary>How connections to SignalR's hubs begin.</summary>
internal static class HubOpenings
{
    /// <summary>A call of a hub that is answered once.</summary>
    public const int Invocation = 1;

    /// <summary>A call that is answered with a stream.</summary>
    public const int StreamInvocation = 4;

    private const string CallId = "1";

    /// <summary>A viewer that makes one call, in the words of its protocol.</summary>
    /// <param name="path">The hub's path.</param>
    /// <param name="format">The protocol.</param>
    /// <param name="type">The kind of call.</param>
    /// <param name="target">The hub's method.</param>
    /// <param name="argument">Its argument, in the protocol.</param>
    /// <param name="readyMark">What says that rows will come; empty for an answer of the call without a result.</param>
    public static Opening Viewer(string path, WireFormat format, int type, string target, byte[] argument, byte[]? readyMark = null)
    {
        var isBinary = format == WireFormat.MessagePack;
        var call = isBinary
            ? HubSocket.Call(type, CallId, target, argument)
            : Encoding.UTF8.GetBytes($"{{\"type\":{type},\"invocationId\":\"{CallId}\",\"target\":\"{target}\",\"arguments\":[{Encoding.UTF8.GetString(argument)}]}}\u001e");
        // The answer to the call, whose result is null: [3, {}, "1", 3, nil].
        var done = isBinary ? [0x95, 0x03, 0x80, 0xa1, (byte)'1', 0x03, 0xc0] : Encoding.UTF8.GetBytes($"{{\"type\":3,\"invocationId\":\"{CallId}\",\"result\"");
        return new Opening(path)
        {
            Greeting = Greeting(isBinary),
            Request = WebSocketFrames.Of(call, isBinary),
            ReadyMark = readyMark ?? done,
        };
    }

    /// <summary>A publisher, who speaks MessagePack.</summary>
    public static Opening Publisher(string path) => new(path) { Greeting = Greeting(isBinary: true), IsBinary = true };

    private static byte[] Greeting(bool isBinary) =>
        WebSocketFrames.Of(Encoding.UTF8.GetBytes($"{{\"protocol\":\"{(isBinary ? "messagepack" : "json")}\",\"version\":1}}\u001e"), isBinary: false);
}
