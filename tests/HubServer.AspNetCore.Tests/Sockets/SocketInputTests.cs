using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using CsCheck;
using HubServer.AspNetCore.Sockets;
using HubServer.Fixtures;

namespace HubServer.AspNetCore.Tests.Sockets;

/// <summary>What a client sends arrives at the hub, and SignalR's transport learns when it ends.</summary>
public sealed class SocketInputTests
{
    private const int ManyBytes = 1 << 20; // More than may wait for the hub.

    // The parts of messages: nothing, about the lengths at which a frame's head changes, and more than one buffer of the pipe.
    private static readonly Gen<int[][]> Messages = Gen.OneOf(Gen.Int[0, 300], Gen.Int[3_900, 4_200], Gen.Int[1, 70_000]).Array[1, 4].Array[1, 6];

    [Fact]
    public Task Receive_OfMessagesInAnyFrames_PassesOnEachByteInOrder() =>
        Messages.SampleAsync(
            async messages =>
            {
                await using var pair = await SocketPair.ConnectAsync();
                var end = ReceiveAsync(pair.Input);
                var reading = ReadToEndAsync(pair.Upgrade.Input.Reader);
                foreach (var parts in messages)
                {
                    for (var part = 0; part < parts.Length; part++)
                        await pair.Client.SendAsync(Bytes(parts[part]), WebSocketMessageType.Binary, endOfMessage: part == parts.Length - 1, CancellationToken.None);
                }

                await pair.Client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

                Assert.Equal(WebSocketMessageType.Close, (await end).MessageType);
                Assert.Equal(messages.SelectMany(static parts => parts).SelectMany(Bytes), await reading);
            },
            iter: 100,
            threads: 2);

    [Theory]
    [InlineData(1_000, true)]
    [InlineData(17_000, false)]
    public async Task Message_IsHandledOnTheThreadThatReceivedIt_UnlessItIsLong(int length, bool isThere)
    {
        await using var pair = await SocketPair.ConnectAsync();
        var handled = ThreadThatReadsAsync(pair.Upgrade.Input.Reader, length);

        await pair.Client.SendAsync(Bytes(length), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        await Wait.Eventually(() => pair.Arrived > length, "the message is there whole, so that the receiver waits for nothing");
        var receiver = RunOnThread(() => ReceiveAsync(pair.Input));

        Assert.Equal(isThere, receiver == await handled);
    }

    [Fact]
    public async Task Client_ThatResets_EndsWhatTheHubReadsWithoutAFailure()
    {
        await using var pair = await SocketPair.ConnectAsync();
        var end = ReceiveAsync(pair.Input);

        pair.Reset();

        var failure = await Assert.ThrowsAsync<WebSocketException>(() => end);
        Assert.Equal(WebSocketError.ConnectionClosedPrematurely, failure.WebSocketErrorCode);
        Assert.Empty(await ReadToEndAsync(pair.Upgrade.Input.Reader));
    }

    [Fact]
    public async Task ServerThatStopsReceiving_EndsWhatTheHubReadsWithoutAFailure()
    {
        await using var pair = await SocketPair.ConnectAsync();
        using var stop = new CancellationTokenSource();
        var end = pair.Input.ReceiveAsync(Memory<byte>.Empty, stop.Token).AsTask();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => end);
        Assert.Empty(await ReadToEndAsync(pair.Upgrade.Input.Reader));
    }

    [Fact]
    public async Task Bytes_ThatAreNoFrame_EndWhatTheHubReadsWithTheFailure()
    {
        await using var pair = await SocketPair.ConnectAsync();
        var end = ReceiveAsync(pair.Input);

        await pair.SendRawAsync([.. Enumerable.Repeat((byte)0xFF, 20)]);

        await Assert.ThrowsAsync<WebSocketException>(() => end);
        await Assert.ThrowsAsync<WebSocketException>(() => ReadToEndAsync(pair.Upgrade.Input.Reader));
    }

    [Fact]
    public async Task Hub_ThatReadsNoMore_IsACloseForTheTransport()
    {
        await using var pair = await SocketPair.ConnectAsync();
        var end = ReceiveAsync(pair.Input);
        await pair.Upgrade.Input.Reader.CompleteAsync();

        await pair.Client.SendAsync(Bytes(1), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

        Assert.Equal(WebSocketMessageType.Close, (await end).MessageType);
    }

    [Fact]
    public async Task Hub_ThatDoesNotRead_HoldsTheClientUpUntilItDoes()
    {
        await using var pair = await SocketPair.ConnectAsync();
        var end = ReceiveAsync(pair.Input);
        var sending = SendAndCloseAsync(pair);
        var reader = pair.Upgrade.Input.Reader;
        await Wait.Eventually(async () => await WaitingBytesAsync(reader) >= 64 << 10, "as much waits as may");
        Assert.InRange(await WaitingBytesAsync(reader), 64 << 10, (64 << 10) + 4_096);
        Assert.False(end.IsCompleted);

        Assert.Equal(ManyBytes, (await ReadToEndAsync(reader)).Length);
        await sending;
        Assert.Equal(WebSocketMessageType.Close, (await end).MessageType);
    }

    [Fact]
    public async Task Abort_WhileTheHubDoesNotRead_EndsBoth()
    {
        await using var pair = await SocketPair.ConnectAsync();
        var end = ReceiveAsync(pair.Input);
        var sending = SendAndCloseAsync(pair);
        var reader = pair.Upgrade.Input.Reader;
        await Wait.Eventually(async () => await WaitingBytesAsync(reader) >= 64 << 10, "the hub holds the client up");

        pair.Input.Abort();

        Assert.Equal(WebSocketMessageType.Close, (await end).MessageType);
        Assert.NotEmpty(await ReadToEndAsync(reader));
        pair.Reset();
        await Task.WhenAny(sending); // Whether it failed depends on what the kernel had taken in.
    }

    [Fact]
    public async Task Dispose_BeforeAnythingWasReceived_EndsWhatTheHubReads()
    {
        await using var pair = await SocketPair.ConnectAsync();

        pair.Input.Dispose();

        Assert.Empty(await ReadToEndAsync(pair.Upgrade.Input.Reader));
    }

    private static Task<ValueWebSocketReceiveResult> ReceiveAsync(SocketInput input) => input.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None).AsTask();

    private static async Task SendAndCloseAsync(SocketPair pair)
    {
        await pair.Client.SendAsync(Bytes(ManyBytes), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        await pair.Client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    /// <summary>Looks at what waits and takes nothing, as if it had not looked.</summary>
    private static async Task<long> WaitingBytesAsync(PipeReader reader)
    {
        var read = await reader.ReadAsync();
        reader.AdvanceTo(read.Buffer.Start);
        return read.Buffer.Length;
    }

    /// <summary>The thread that reads the end of so many bytes.</summary>
    private static async Task<Thread> ThreadThatReadsAsync(PipeReader reader, int length)
    {
        while (true)
        {
            var read = await reader.ReadAsync();
            var thread = Thread.CurrentThread;
            var isWhole = read.Buffer.Length == length;
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (isWhole)
                return thread;
        }
    }

    /// <summary>Starts something on a thread of its own, as one that handles sockets' events is, and returns which.</summary>
    private static Thread RunOnThread(Action action)
    {
        var thread = new Thread(action.Invoke);
        thread.Start();
        thread.Join();
        return thread;
    }

    private static async Task<byte[]> ReadToEndAsync(PipeReader reader)
    {
        using var bytes = new MemoryStream();
        while (true)
        {
            var read = await reader.ReadAsync();
            bytes.Write(read.Buffer.ToArray());
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return bytes.ToArray();
        }
    }

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(static number => (byte)(number * 7))];
}
