using System.IO.Pipelines;
using System.Net.WebSockets;
using CsCheck;
using HubServer.AspNetCore.Sockets;
using HubServer.Fixtures;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.AspNetCore.Tests.Sockets;

/// <summary>What a hub writes arrives at the runtime's own WebSocket, message for message.</summary>
public sealed class SocketOutputTests
{
    private const int ManyBytes = 8 << 20; // More than the kernel takes in for a client that does not read.
    private static readonly byte[] Close = [0x88, 0x02, 0x03, 0xE8]; // Status 1000.

    // What a hub writes at once: nothing, about the lengths at which a frame's head changes, and more than one buffer.
    private static readonly Gen<int[][]> Messages =
        Gen.OneOf(Gen.Int[1, 300], Gen.Int[65_400, 65_700], Gen.Int[1, 40_000], Gen.OneOf(Gen.Const(125), Gen.Const(126), Gen.Const(4_086), Gen.Const(16_000), Gen.Const(65_535), Gen.Const(65_536))).Array[1, 4].Array[1, 6];

    [Fact]
    public Task Flush_OfAnyWrites_IsOneMessageForTheRuntimesWebSocket() =>
        Messages.SampleAsync(
            async messages =>
            {
                await using var pair = await SocketPair.ConnectAsync();
                var writing = WriteAsync(pair.Output, messages);
                for (var message = 0; message < messages.Length; message++)
                {
                    var (type, bytes) = await pair.ReceiveAsync();
                    Assert.Equal(WebSocketMessageType.Binary, type);
                    Assert.Equal(Bytes(message, messages[message].Sum()), bytes);
                }

                await writing;
            },
            iter: 100,
            threads: 2);

    [Fact]
    public async Task Flush_OfAProtocolOfText_SendsText()
    {
        await using var pair = await SocketPair.ConnectAsync(TransferFormat.Text);

        await pair.Output.WriteAsync("{}\u001e"u8.ToArray());

        var (type, bytes) = await pair.ReceiveAsync();
        Assert.Equal((WebSocketMessageType.Text, "{}\u001e"), (type, System.Text.Encoding.UTF8.GetString(bytes)));
    }

    [Fact]
    public async Task Flush_WithNothingWritten_SendsNothing()
    {
        await using var pair = await SocketPair.ConnectAsync();

        Assert.False((await pair.Output.FlushAsync()).IsCompleted);
        await pair.Output.WriteAsync(new byte[] { 7 });

        Assert.Equal([7], (await pair.ReceiveAsync()).Bytes);
    }

    [Fact]
    public async Task Flush_ToAClientThatDoesNotRead_WaitsUntilItDoes()
    {
        var time = new FakeTimeProvider();
        await using var pair = await SocketPair.ConnectAsync(time: time);

        var flush = pair.Output.WriteAsync(Bytes(0, ManyBytes)).AsTask();
        Assert.False(flush.IsCompleted, "the kernel took in all of it, so the test shows nothing");
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(TimeSpan.FromSeconds(9), pair.Output.StalledFor);

        Assert.Equal(Bytes(0, ManyBytes), (await pair.ReceiveAsync()).Bytes);
        Assert.False((await flush).IsCompleted);
        Assert.Equal(TimeSpan.Zero, pair.Output.StalledFor);
    }

    [Fact]
    public async Task Flush_OfFramesThatGoOutAtOnce_LeavesNothingThatStalls()
    {
        var time = new FakeTimeProvider();
        await using var pair = await SocketPair.ConnectAsync(time: time, sendBufferBytes: 1 << 20);

        var flush = pair.Output.WriteAsync(Bytes(0, 40_000)).AsTask(); // In frames of the size of a buffer.
        Assert.True(flush.IsCompleted, "the kernel did not take it at once, so the test shows nothing");
        time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(TimeSpan.Zero, pair.Output.StalledFor);
        Assert.Equal(40_000, (await pair.ReceiveAsync()).Bytes.Length);
    }

    [Fact]
    public async Task Flush_WhenTheClientIsGone_EndsTheConnectionAndThrowsNothing()
    {
        await using var pair = await SocketPair.ConnectAsync();
        var flush = pair.Output.WriteAsync(Bytes(0, ManyBytes)).AsTask();

        pair.Reset();

        Assert.True((await flush).IsCompleted);
        await Wait.Eventually(() => pair.Closed.IsCancellationRequested, "the connection is given up");
        Assert.True((await pair.Output.WriteAsync(new byte[] { 1 })).IsCompleted, "nothing more is sent");
    }

    [Fact]
    public async Task WriteOfACloseFrame_WhileAFrameIsSent_ComesBehindItAndBeforeNothing()
    {
        await using var pair = await SocketPair.ConnectAsync();
        var flush = FlushAsync(pair.Output, Bytes(0, ManyBytes));
        var close = pair.Upgrade.Socket!.WriteAsync(Close).AsTask();
        Assert.False(close.IsCompleted, "the kernel took in all of the frame, so the test shows nothing");

        Assert.Equal(Bytes(0, ManyBytes), (await pair.ReceiveAsync()).Bytes);
        await close;
        Assert.False((await flush).IsCompleted);
        Assert.True((await FlushAsync(pair.Output, [1])).IsCompleted, "a message went out behind the close frame");
        Assert.Equal(WebSocketMessageType.Close, (await pair.ReceiveAsync()).Type);
    }

    [Fact]
    public async Task WriteOfACloseFrame_BetweenTheFramesOfAMessage_EndsTheMessage()
    {
        await using var pair = await SocketPair.ConnectAsync();
        var flush = pair.Output.WriteAsync(Bytes(0, ManyBytes)).AsTask(); // In frames of the size of a buffer.
        var close = pair.Upgrade.Socket!.WriteAsync(Close).AsTask();
        Assert.False(close.IsCompleted, "the kernel took in all of the message, so the test shows nothing");

        Assert.Equal(WebSocketMessageType.Close, (await pair.ReceiveAsync()).Type);
        await close;
        Assert.True((await flush).IsCompleted, "the message was sent to its end");
    }

    [Fact]
    public async Task Complete_ClosesTheTransportAndEndsWhatIsWrittenAfterwards()
    {
        await using var pair = await SocketPair.ConnectAsync();

        await pair.Output.CompleteAsync();

        Assert.True((await pair.Transport.ReadAsync()).IsCompleted);
        Assert.True((await pair.Output.WriteAsync(new byte[] { 1 })).IsCompleted);
    }

    private static async Task WriteAsync(SocketOutput output, int[][] messages)
    {
        for (var message = 0; message < messages.Length; message++)
        {
            var bytes = Bytes(message, messages[message].Sum());
            var at = 0;
            foreach (var length in messages[message])
            {
                bytes.AsSpan(at, length).CopyTo(output.GetSpan(length));
                output.Advance(length);
                at += length;
            }

            Assert.False((await output.FlushAsync()).IsCompleted);
        }
    }

    private static Task<FlushResult> FlushAsync(SocketOutput output, byte[] bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
        return output.FlushAsync().AsTask();
    }

    private static byte[] Bytes(int seed, int count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
