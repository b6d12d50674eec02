using System.Runtime.CompilerServices;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR;

namespace HubServer.Client.Tests.Fixtures;

/// <summary>Items and frames, word for word, and the streams that a <see cref="ScriptedServer"/> makes of them.</summary>
internal static class Script
{
    private static readonly Schema Fields = new([new Field("time", FieldType.Time), new Field("value", FieldType.Number)]);

    public static FrameSchema Description(string channel = "c", int? capacity = null) => new("A", channel, Fields, capacity);

    public static Item Item(ItemState state, params Frame[] frames) => new() { Head = new ItemHead(state), Frames = frames };

    public static Item Loading(params Frame[] frames) => Item(ItemState.Loading, frames);

    public static Item Streaming(params Frame[] frames) => Item(ItemState.Streaming, frames);

    public static Frame Snapshot(long offset, int count, string channel = "c", string epoch = "e", Gap? gap = null, bool more = false) =>
        Frame(FrameKind.Snapshot, channel, epoch, offset, count, gap, more, Description(channel));

    public static Frame Delta(long offset, int count, string channel = "c", string epoch = "e", Gap? gap = null, bool more = false, FrameSchema? schema = null) =>
        Frame(FrameKind.Delta, channel, epoch, offset, count, gap, more, schema);

    public static Frame Removed(string channel = "c") =>
        new() { RefId = "A", Channel = channel, Kind = FrameKind.Removed, Epoch = "e", Offset = 0, Count = 0 };

    /// <summary>A query that sends these and then nothing until it is cancelled.</summary>
    public static Func<QueryRequest, CancellationToken, IAsyncEnumerable<object>> Sends(params object[] items) => (_, stop) => SendAsync(items, stop);

    /// <summary>A query that sends these and then ends.</summary>
    public static Func<QueryRequest, CancellationToken, IAsyncEnumerable<object>> Ends(params object[] items) => (_, _) => items.ToAsyncEnumerable();

    /// <summary>A query that is refused.</summary>
    public static Func<QueryRequest, CancellationToken, IAsyncEnumerable<object>> Refuses(string error) => (_, _) => throw new HubException(error);

    private static Frame Frame(FrameKind kind, string channel, string epoch, long offset, int count, Gap? gap, bool more, FrameSchema? schema)
    {
        double[] numbers = [.. Enumerable.Range((int)offset, count)];
        return new Frame
        {
            RefId = "A",
            Channel = channel,
            Kind = kind,
            Epoch = epoch,
            Offset = offset,
            Count = count,
            Gap = gap,
            More = more,
            Schema = schema,
            Data = [new Column(numbers), new Column([.. numbers])],
        };
    }

    private static async IAsyncEnumerable<object> SendAsync(object[] items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var item in items)
            yield return item;
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }
}
