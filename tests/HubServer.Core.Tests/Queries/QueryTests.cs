using System.Runtime.CompilerServices;
using HubServer.Protocol;
using static HubServer.Core.Tests.TestBlocks;

namespace HubServer.Core.Tests.Queries;

public sealed class QueryTests() : NodeTests(new HubServerOptions { Channels = { Retention = TimeSpan.FromSeconds(2), MaxChannels = 5 } })
{
    [Fact]
    public void History_HoldsEveryRowAcknowledgedBeforeItWasAskedFor()
    {
        Publish("a");
        var live = Open("a", 60_000);
        Next(live);
        Next(live);
        Publish("a");
        Run();
        Publish("a");

        var history = Open(new QueryRequest { IntervalMs = 60_000, Targets = [new Target { Channel = "a" }], Range = new TimeRange(null, 1e15) });

        Assert.Equal(3, Next(history)?.Frames[0].Count);
        Assert.Equal(ItemState.Done, Next(history)?.Head.State);
    }

    [Fact]
    public void ChannelThatAppears_IsSentFromItsFirstRow_WhateverPastWasAskedFor()
    {
        Publish("other");
        var items = Open("**", 50, rows: 0);
        Next(items);
        Next(items);

        Publish("a");

        var frame = Assert.Single(Next(items)?.Frames ?? []);
        Assert.Equal(("a", FrameKind.Snapshot, 0L, 1), (frame.Channel, frame.Kind, frame.Offset, frame.Count));
    }

    [Fact]
    public void Resume_OfAClientAheadOfTheFeed_KeepsTheFieldsItSaw()
    {
        var first = Publish("a", Single("v"));
        var slow = Open("a", 60_000);
        Next(slow);
        Next(slow);
        Publish("a", Single("v"));
        Next(slow);
        Publish("a", Single("v", "extra"));

        var resumed = Open(new QueryRequest { IntervalMs = 60_000, Targets = [new Target { Channel = "a" }], Resume = [new Resume("a", first.Epoch, 2)] });

        var frame = Assert.Single(Next(resumed)?.Frames ?? []);
        Assert.Equal((FrameKind.Delta, 3L, 0), (frame.Kind, frame.Offset, frame.Count));
        Assert.Equal(["time", "v", "extra"], frame.Schema?.Schema.Fields.Select(field => field.Name));
    }

    [Fact]
    public void Resume_OfOneTarget_OutranksThatOfAll()
    {
        var first = Publish("a", Rows(1));
        Publish("a");
        Publish("a");
        Resume[] resume = [new Resume("a", first.Epoch, 0, "A"), new Resume("a", first.Epoch, 2)];

        var items = Open(new QueryRequest { Targets = [new Target { Channel = "a" }], Resume = resume });

        Assert.Equal((1L, 2), (Next(items)?.Frames[0] is { } frame) ? (frame.Offset, frame.Count) : default);
    }

    [Fact]
    public void FirstStreamingItem_CarriesNoPartOfAPast()
    {
        Options.Queries.PartBytes = 256;
        Publish("a");
        var items = Open("a", 0);
        Next(items);
        Publish("a", Rows(500));

        var streaming = Next(items);

        Assert.Equal(ItemState.Streaming, streaming?.Head.State);
        Assert.DoesNotContain(streaming?.Frames ?? [], frame => frame.More);
    }

    [Fact]
    public void EncodedRows_DoNotHoldTheRingOfARemovedChannel()
    {
        var ring = PublishAndRead();
        KeepAlive(4, "other");
        Assert.Null(Node.Registry.Find(new ChannelId("a")));

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(ring.IsAlive);
    }

    [Fact]
    public void SharedItem_IsNotHeldByASubscriptionThatStoppedAtItsCut()
    {
        Publish("a");
        var (stalled, healthy) = (Open("a", 0), Open("a", 0));
        Read(stalled, 2);
        Read(healthy, 2);
        Publish("a");
        Read(healthy, 1);
        var item = PublishAndShare(healthy);
        Read(stalled, 1);
        Publish("a");
        Read(healthy, 1);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(item.IsAlive);
        GC.KeepAlive(stalled);
    }

    [Fact]
    public async Task Publish_OfMoreNewChannelsThanThereIsRoomFor_WritesNone()
    {
        Publish("a");
        var batches = Enumerable.Range(0, 5).Select(i => new PublishBatch($"new{i}", Rows(1)));

        var refused = await Assert.ThrowsAsync<ProtocolException>(async () =>
            await Node.Ingest.PublishAsync(new PublishRequest { Batches = [.. batches] }, CancellationToken.None));

        Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
        Assert.Contains("batches[4]", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, Node.Registry.Count);
    }

    [Theory]
    [InlineData("refId", 129, "MaxRefIdLength")]
    [InlineData("channel", 4_097, "MaxSelectorLength")]
    public void Target_WithATextOverItsLimit_IsRefusedByName(string what, int length, string option)
    {
        var text = new string('r', length);
        var target = what == "refId" ? new Target { RefId = text, Channel = "a" } : new Target { Channel = text };

        var refused = Assert.Throws<ProtocolException>(() => Node.Query(new QueryRequest { Targets = [target] }, WireFormat.Json));

        Assert.Equal(ErrorCode.LimitExceeded, refused.Code);
        Assert.Contains(option, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EncodedRows_AreKeptWithinTheirBytes_TheLatelyUsedOnes()
    {
        Publish("a", Rows(10));
        var channel = Node.Registry.Find(new ChannelId("a"));
        Assert.NotNull(channel);
        var view = View.Of(new TargetPlan("A", Selector.Exactly(channel.Id), null, SampleMode.All), channel, channel.ReadHead());
        var one = new FrameBodies(Options.Queries, Time, new HubServerMetrics());
        one.Get(channel, channel.Epoch, view, 0, 5, WireFormat.MessagePack, keep: true);

        long Kept(long limit)
        {
            var bodies = new FrameBodies(new QueryOptions { CacheBytes = limit }, Time, new HubServerMetrics());
            bodies.Get(channel, channel.Epoch, view, 0, 5, WireFormat.MessagePack, keep: true);
            bodies.Get(channel, channel.Epoch, view, 5, 10, WireFormat.MessagePack, keep: true);
            return bodies.Bytes;
        }

        Assert.Equal(2 * one.Bytes, Kept(2 * one.Bytes));
        Assert.Equal(one.Bytes, Kept((2 * one.Bytes) - 1));
        Assert.Equal(0, Kept(one.Bytes - 1));
    }

    [Fact]
    public void EncodedRows_AreForgottenOnceNobodyAskedForThemInAWhile()
    {
        var metrics = new HubServerMetrics();
        var bodies = new FrameBodies(Options.Queries, Time, metrics);
        Publish("a", Rows(10));
        var channel = Node.Registry.Find(new ChannelId("a"));
        Assert.NotNull(channel);
        var view = View.Of(new TargetPlan("A", Selector.Exactly(channel.Id), null, SampleMode.All), channel, channel.ReadHead());

        bodies.Get(channel, channel.Epoch, view, 0, 10, WireFormat.Json, keep: true);
        bodies.Get(channel, channel.Epoch, view, 0, 10, WireFormat.Json, keep: true);
        Assert.Equal(1, metrics.BodiesReused);
        foreach (var end in new[] { 5, 6 })
        {
            // The first finds that it was used, the second that it was not since.
            Time.Advance(Options.Queries.CacheTime + TimeSpan.FromSeconds(1));
            bodies.Get(channel, channel.Epoch, view, 0, end, WireFormat.Json, keep: true);
        }

        bodies.Get(channel, channel.Epoch, view, 0, 10, WireFormat.Json, keep: true);
        Assert.Equal(1, metrics.BodiesReused);

        // What is asked for stays, also where nothing new was encoded since.
        for (var used = 2; used < 5; used++)
        {
            Time.Advance(Options.Queries.CacheTime / 2);
            bodies.Get(channel, channel.Epoch, view, 0, 10, WireFormat.Json, keep: true);
            Assert.Equal(used, metrics.BodiesReused);
        }

        bodies.Get(channel, channel.Epoch, view, 5, 10, WireFormat.Json, keep: true);
        bodies.Get(channel, channel.Epoch, view, 0, 10, WireFormat.Json, keep: true);
        Assert.Equal(5, metrics.BodiesReused);
    }

    private void Read(Subscription items, int count)
    {
        for (; count > 0; count--)
            Assert.NotNull(Next(items));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference PublishAndShare(Subscription healthy)
    {
        Publish("a");
        Read(healthy, 1);
        Assert.IsType<SharedItem>(healthy.Current);
        return new WeakReference(healthy.Current);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference PublishAndRead()
    {
        Publish("a");
        var items = Open("a", 50);
        Next(items);
        items.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return new WeakReference(Node.Registry.Find(new ChannelId("a")));
    }

    private static Rows Single(params string[] fields) =>
        new([.. fields.Select(name => new RowField(name))], [.. fields.Select(_ => new Column([1.0]))]);
}
