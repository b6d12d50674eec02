using System.Buffers;
using System.Net.Sockets;
using System.Threading.Channels;

namespace HubServer.Fixtures.Proxying;

/// <summary>
/// One way of a connection: (1) reads, (2) swallows in a black hole, (3) filters messages, (4) waits for the latency,
/// (5) writes in pieces, at the rate. What is read waits in a queue, so that latency does not slow down the rate.
/// </summary>
internal sealed class FaultyFlow(FaultyConnection connection, Direction direction, LinkState link, int seed, MessageFilter? filter = null)
{
    private const int ChunkBytes = 16 << 10;

    // With ChunkBytes at most 1 MB on its way; the sender then waits, as it does for a full network.
    private const int MaxChunks = 64;

    // Waits are cut into steps, so that conditions that a test changes meanwhile hold at once.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    // A timer that fires late may be made up for, but not a pause of the sender.
    private static readonly TimeSpan MaxCredit = TimeSpan.FromMilliseconds(100);

    private static readonly TimeProvider Time = TimeProvider.System;

    private readonly Channel<Chunk> _queue = Channel.CreateBounded<Chunk>(MaxChunks);

    // One for the reader and one for the writer, who work at the same time.
    private readonly Random _jitters = new(seed);
    private readonly Random _pieces = new(~seed);

    // When the bytes written so far have passed, at the rate.
    private long _passedAt = Time.GetTimestamp();

    private Direction Opposite => Direction.Both & ~direction;

    /// <summary>Runs until the sender ends what it sends and that is passed on, or until nothing can flow any more.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(ReadAllAsync(cancellationToken), WriteAllAsync(cancellationToken));

    private async Task ReadAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(cancellationToken);
        }
        catch (SocketException)
        {
            // The sender has reset it; nobody hears of that where this way is a black hole.
            if (!connection.Swallows(direction, 0))
                connection.Reset();
        }
        finally
        {
            _queue.Writer.TryComplete();
            filter?.Finish(new ArrayBufferWriter<byte>());
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[ChunkBytes];
        var output = new ArrayBufferWriter<byte>();
        while (true)
        {
            // (1)
            var count = await connection.From(direction).ReceiveAsync(buffer, cancellationToken);

            // (2)
            if (connection.Swallows(direction, count))
            {
                if (count == 0)
                    return;
                continue;
            }

            // (3)
            output.ResetWrittenCount();
            Filter(buffer.AsSpan(0, count), output);
            if (output.WrittenCount > 0)
                await QueueAsync(output.WrittenSpan.ToArray(), cancellationToken);
            if (count > 0)
                continue;

            await QueueAsync([], cancellationToken);
            return;
        }
    }

    private void Filter(ReadOnlySpan<byte> bytes, ArrayBufferWriter<byte> output)
    {
        if (filter is null)
            output.Write(bytes);
        else if (bytes.IsEmpty)
            filter.Finish(output);
        else
            filter.Filter(bytes, output);
    }

    private ValueTask QueueAsync(byte[] bytes, CancellationToken cancellationToken) =>
        _queue.Writer.WriteAsync(new Chunk(bytes, Time.GetTimestamp(), _jitters.NextDouble()), cancellationToken);

    private async Task WriteAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var chunk in _queue.Reader.ReadAllAsync(cancellationToken))
            {
                await WaitForLatencyAsync(chunk, cancellationToken);
                if (!chunk.Bytes.IsEmpty)
                    await WriteAsync(chunk.Bytes, cancellationToken);
                else if (!connection.Swallows(direction, 0))
                    connection.To(direction).Shutdown(SocketShutdown.Send);
            }
        }
        catch (SocketException)
        {
            // The receiver has gone, which the sender learns by the opposite way, unless that is a black hole.
            if (!connection.Swallows(Opposite, 0))
                connection.Reset();
        }
    }

    /// <summary>(4)</summary>
    private async Task WaitForLatencyAsync(Chunk chunk, CancellationToken cancellationToken)
    {
        while (true)
        {
            var conditions = link.Conditions(direction);
            var left = conditions.Latency + chunk.JitterShare * conditions.Jitter - Time.GetElapsedTime(chunk.ReadAt);
            if (left <= TimeSpan.Zero)
                return;
            await Task.Delay(left < Step ? left : Step, Time, cancellationToken);
        }
    }

    /// <summary>(5)</summary>
    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var conditions = link.Conditions(direction);
            var piece = bytes[..conditions.NextPiece(bytes.Length, _pieces)];
            bytes = bytes[piece.Length..];
            await WaitForRateAsync(conditions, piece.Length, cancellationToken);
            if (connection.Swallows(direction, piece.Length))
                continue;

            link.Count(direction, piece.Length);
            while (!piece.IsEmpty)
                piece = piece[await connection.To(direction).SendAsync(piece, cancellationToken)..];
        }
    }

    private async Task WaitForRateAsync(LinkConditions conditions, int bytes, CancellationToken cancellationToken)
    {
        if (conditions.BytesPerSecond == 0)
            return;
        var earliest = Time.GetTimestamp() - (long)(MaxCredit.TotalSeconds * Time.TimestampFrequency);
        _passedAt = Math.Max(_passedAt, earliest) + bytes * Time.TimestampFrequency / conditions.BytesPerSecond;
        while (Time.GetElapsedTime(Time.GetTimestamp(), _passedAt) is var left && left > TimeSpan.Zero)
        {
            await Task.Delay(left < Step ? left : Step, Time, cancellationToken);
            if (link.Conditions(direction) != conditions)
                _passedAt = Time.GetTimestamp();
        }
    }
}
