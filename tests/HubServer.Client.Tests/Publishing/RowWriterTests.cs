using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Client.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace HubServer.Client.Tests.Publishing;

public sealed class RowWriterTests
{
    [Fact]
    public async Task Write_OfAFewRows_SendsThemWhenTheirTimeIsUp()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddSeconds(5));
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server.Url, options => options.TimeProvider = time);
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));
        await using var writer = client.CreateRowWriter(new RowWriterOptions { FlushInterval = TimeSpan.FromSeconds(1) });
        await writer.WriteAsync("c", [new("value", 1)]);
        time.Advance(TimeSpan.FromMilliseconds(999));
        await writer.WriteAsync("c", [new("value", 2)]);
        Assert.Equal((2, 0), (writer.PendingRows, server.Node.Status().RowsIn));

        time.Advance(TimeSpan.FromMilliseconds(1));
        await query.HoldsAsync("c", [1, 2], "the rows are sent together");
        await Wait.Eventually(() => writer.PendingRows == 0, "they are acknowledged");
        Assert.Equal([5_000.0, 5_999.0], query.Latest!.Frames[^1].Times.ToArray());
    }

    [Fact]
    public async Task Write_OfABlock_SendsItAtOnce()
    {
        var time = new FakeTimeProvider();
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server.Url, options => options.TimeProvider = time);
        await using var writer = client.CreateRowWriter(new RowWriterOptions { MaxBlockRows = 10 });
        for (var row = 0; row < 25; row++)
            await writer.WriteAsync("c", [new("value", row)]);

        await Wait.Eventually(() => server.Node.Status().RowsIn == 20 && writer.PendingRows == 5, "two blocks are sent");
        await writer.FlushAsync();
        Assert.Equal((25, 0), (server.Node.Status().RowsIn, writer.PendingRows));
    }

    [Fact]
    public async Task Write_OfLongTexts_SendsThemBeforeABlockIsTooLarge()
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "1000"), ("Channels:MaxBytes", "10000000"));
        await using var client = Clients.Of(server);
        await using (var writer = client.CreateRowWriter(new RowWriterOptions { FlushInterval = TimeSpan.FromMinutes(1) }))
        {
            for (var row = 0; row < 20; row++)
                await writer.WriteAsync("c", [new("note", new string('x', 30_000))]);
        }

        Assert.Equal(20, server.Node.Status().RowsIn);
    }

    [Fact]
    public async Task Dispose_WithRowsOfManyChannels_SendsThemInOrder()
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "10000"));
        await using var client = Clients.Of(server);
        await using (var writer = client.CreateRowWriter(new RowWriterOptions { MaxBlockRows = 7 }))
        {
            for (var row = 0; row < 3_000; row++)
                await writer.WriteAsync(row % 2 == 0 ? $"c{{n=\"{row % 10}\", a=\"x\"}}" : $"c{{a=\"x\",n=\"{row % 10}\"}}", [new("value", row)]);
        }

        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));
        for (var n = 0; n < 10; n++)
            Assert.Equal(Clients.Numbers(0, 3_000).Where(row => row % 10 == n), query.Held($"c{{a=\"x\",n=\"{n}\"}}").Values);
    }

    [Fact]
    public async Task Write_WhileTheConnectionIsLostAgainAndAgain_WritesEachRowOnceAndInOrder()
    {
        await using var server = await ServerFixture.StartAsync(("Channels:Capacity", "10000"));
        await using var proxy = FaultProxy.Start("127.0.0.1", server.Url.Port);
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"));
        await using (var writer = client.CreateRowWriter(new RowWriterOptions { FlushInterval = TimeSpan.FromMilliseconds(1) }))
        {
            for (var row = 0; row < 1_000; row++)
            {
                if (row % 100 == 50)
                    proxy.DropConnections();
                await writer.WriteAsync("c", [new("value", row)]);
                if (row % 10 == 0)
                    await writer.FlushAsync();
            }
        }

        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));
        Assert.Equal(Clients.Numbers(0, 1_000), query.Held("c").Values);
    }

    [Fact]
    public async Task Write_WhenTooMuchWaits_WaitsForRoom()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var proxy = FaultProxy.Start("127.0.0.1", server.Url.Port);
        proxy.IsDown = true;
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"));
        await using var writer = client.CreateRowWriter(new RowWriterOptions { MaxPendingBytes = 1_024, FlushInterval = TimeSpan.FromMinutes(1) });
        ValueTask write = default;
        var written = 0;
        for (; write.IsCompleted; written++)
        {
            await write;
            write = writer.WriteAsync("c", [new("value", written)]);
        }

        Assert.InRange(written, 2, 1_024 / 16 + 1);
        using var stop = new CancellationTokenSource();
        var other = writer.WriteAsync("c", [new("value", -1)], stop.Token).AsTask();
        Assert.False(other.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);

        proxy.IsDown = false;
        await write;
        await writer.FlushAsync();
        Assert.Equal(written, server.Node.Status().RowsIn);
    }

    [Fact]
    public async Task Write_OfARowThatTheServerRefuses_TakesNoOtherRowAlong()
    {
        var refused = new List<RefusedRows>();
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server);
        await client.PublishAsync("c", Clients.Rows(0));
        await using (var writer = client.CreateRowWriter(new RowWriterOptions { OnRefused = refused.Add, FlushInterval = TimeSpan.FromMinutes(1) }))
        {
            await writer.WriteAsync("c", [new("value", 1)]);
            await writer.WriteAsync("c", [new("value", "text")]);
            await writer.WriteAsync("c", [new("value", 2)]);
            await writer.FlushAsync();
        }

        var one = Assert.Single(refused);
        Assert.Equal(("c", 1, ErrorCode.BadRequest, 0), (one.Channel, one.Rows.Count, one.Error.Code, one.Error.Result?.Count));
        await using var query = await Watcher.LiveAsync(client, Clients.Query("c"));
        Assert.Equal([0, 1, 2], query.Held("c").Values);
    }

    [Fact]
    public async Task Write_AfterARefusalThatNobodyHandles_Throws()
    {
        await using var server = await ServerFixture.StartAsync();
        await using var client = Clients.Of(server);
        await client.PublishAsync("c", Clients.Rows(0));
        await using var writer = client.CreateRowWriter();
        await writer.WriteAsync("c", [new("value", "text")]);

        Assert.Equal(ErrorCode.BadRequest, (await Assert.ThrowsAsync<HubServerException>(() => writer.FlushAsync())).Code);
        await writer.WriteAsync("c", [new("value", 1)]);
        await writer.FlushAsync();
        Assert.Equal(2, server.Node.Status().RowsIn);
    }

    [Fact]
    public async Task Write_OfWhatIsNoRow_ThrowsAtOnce()
    {
        await using var client = Clients.Of(new Uri("http://127.0.0.1:9"));
        await using var writer = client.CreateRowWriter();

        Assert.Equal(ErrorCode.BadRequest, (await Assert.ThrowsAsync<HubServerException>(() => writer.WriteAsync("{", [new("a", 1)]).AsTask())).Code);
        Assert.Equal(ErrorCode.BadRequest, (await Assert.ThrowsAsync<HubServerException>(() => writer.WriteAsync("c", [new("a", 1), new("a", 2)]).AsTask())).Code);
        Assert.Equal(ErrorCode.BadRequest, (await Assert.ThrowsAsync<HubServerException>(() => writer.WriteAsync("c", [new("time", "noon")]).AsTask())).Code);
        Assert.Equal(0, writer.PendingRows);
    }

    [Fact]
    public async Task Write_OfALargeRowAfterOneThatIsNone_SendsIt()
    {
        await using var server = await ServerFixture.StartAsync(("Publishing:MaxBlockBytes", "1000000"), ("Channels:MaxRowBytes", "1000000"), ("Channels:MaxStringLength", "1000000"));
        await using var client = Clients.Of(server.Url);
        await using var writer = client.CreateRowWriter();
        await Assert.ThrowsAsync<HubServerException>(async () => await writer.WriteAsync("c", [new("a", 1), new("a", 2)]));

        await writer.WriteAsync("c", [new("text", new string('x', 150_000))]);
        await writer.FlushAsync();

        Assert.Equal((1, 0), (server.Node.Status().RowsIn, writer.PendingRows));
    }

    [Fact]
    public async Task Dispose_WhenTheServerStaysDown_GivesUpAndSaysSo()
    {
        await using var proxy = FaultProxy.Start("127.0.0.1", 1);
        proxy.IsDown = true;
        await using var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"));
        var writer = client.CreateRowWriter(new RowWriterOptions { DrainTimeout = TimeSpan.FromMilliseconds(50) });
        await writer.WriteAsync("c", [new("value", 1)]);

        var given = await Assert.ThrowsAsync<HubServerException>(() => writer.DisposeAsync().AsTask());
        Assert.Equal(HubServerException.Connection, given.Code);
        Assert.Contains("1 rows were not acknowledged", given.Message);
        await writer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writer.WriteAsync("c", [new("value", 1)]).AsTask());
    }

    [Fact]
    public void Create_WithAnOptionOutOfItsRange_NamesIt()
    {
        var client = Clients.Of(new Uri("http://127.0.0.1:9"));
        var wrong = Assert.Throws<OptionsValidationException>(() => client.CreateRowWriter(new RowWriterOptions { MaxBlockRows = 1_001 }));

        Assert.Contains("MaxBlockRows", wrong.Message);
    }
}
