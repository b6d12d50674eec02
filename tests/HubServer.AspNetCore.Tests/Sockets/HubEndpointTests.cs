using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HubServer.AspNetCore.Sockets;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HubServer.AspNetCore.Tests.Sockets;

/// <summary>Where a hub's messages go, whatever stands between it and its client.</summary>
public sealed class HubEndpointTests
{
    private const int Rows = 1_000; // Their past takes more than one frame.
    private static readonly X509Certificate2 Certificate = CreateCertificate();

    [Theory]
    [InlineData("1.1", true)]
    [InlineData("2.0", false)]
    public async Task Query_OverTls_SendsThePastAndLiveRows(string version, bool isUpgraded)
    {
        var seen = false;
        await using (var app = await StartAsync(static listen => listen.UseHttps(Certificate), context => seen |= context.Features.Get<IHttpUpgradeFeature>() is HubUpgrade))
            await ReadAsync(app, version);

        Assert.Equal(isUpgraded, seen);
    }

    [Fact]
    public async Task Query_ThroughConnectionMiddlewareThatSeesTheBytes_PassesThroughIt()
    {
        long written = 0;
        await using var app = await StartAsync(
            listen => listen.Use(next => async connection =>
            {
                var (inner, counting) = (connection.Transport, new CountingPipe(connection.Transport, count => Interlocked.Add(ref written, count)));
                connection.Transport = counting;
                await next(connection);
                connection.Transport = inner;
            }),
            static _ => { });

        await ReadAsync(app, "1.1");

        Assert.True(written > Rows * sizeof(double), $"the middleware saw {written} bytes");
    }

    [Fact]
    public async Task Query_InAnApplicationWithWebSocketsOfItsOwn_SendsThePastAndLiveRows()
    {
        await using var app = await StartAsync(static listen => listen.UseHttps(Certificate), static _ => { }, static app => app.UseWebSockets());

        await ReadAsync(app, "1.1");
    }

    [Fact]
    public async Task Ping_WhileRowsCome_IsAnsweredBetweenWholeMessages()
    {
        await using var server = await ServerFixture.StartAsync();
        using var socket = await QueryAsync(server);
        var frames = new FrameReader(socket);
        var pongs = 0;
        for (var message = 0; message < 50; message++)
        {
            await socket.SendControlAsync(RawSocket.PingOpcode, [(byte)message]);
            await server.PublishAsync("cpu", first: Rows + (100 * message), count: 100);
            var (text, controls) = await frames.ReadMessageAsync();
            Assert.EndsWith("\u001e", text, StringComparison.Ordinal);
            pongs += controls.Count(static control => control.Opcode == RawSocket.PongOpcode);
        }

        Assert.True(pongs > 0, "no ping was answered");
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task CloseFrame_OfAClientThatIsSentRows_IsAnsweredByTheLastFrame()
    {
        await using var server = await ServerFixture.StartAsync();
        using var socket = await QueryAsync(server);
        var frames = new FrameReader(socket);
        using var stop = new CancellationTokenSource();
        var publishing = PublishAsync(server, stop.Token);
        await frames.ReadMessageAsync();

        await socket.SendControlAsync(RawSocket.CloseOpcode, [0x03, 0xE8]);

        Assert.Equal(RawSocket.CloseOpcode, await frames.ReadToEndAsync());
        await server.EventuallyIdleAsync("the query ended");
        await stop.CancelAsync();
        await publishing;
        Assert.Empty(server.Errors);
    }

    private static async Task<RawSocket> QueryAsync(ServerFixture server)
    {
        await server.PublishAsync("cpu", first: 0, Rows);
        var socket = await RawSocket.ConnectAsync(server.Url);
        await socket.QueryAsync("cpu");
        return socket;
    }

    private static async Task PublishAsync(ServerFixture server, CancellationToken cancellationToken)
    {
        for (var first = Rows; !cancellationToken.IsCancellationRequested; first++)
        {
            await server.PublishAsync("cpu", first);
            await Task.Yield();
        }
    }

    private static async Task<WebApplication> StartAsync(Action<ListenOptions> listen, Action<HttpContext> seeAtItsEnd, Action<WebApplication>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen.Invoke));
        builder.Configuration["HubServer:Sources:Host:Enabled"] = "false";
        builder.Services.AddHubServer();
        var app = builder.Build();
        configure?.Invoke(app);
        app.Use(next => async context =>
        {
            await next(context);
            seeAtItsEnd(context);
        });
        app.MapHubServer();
        await app.StartAsync();
        return app;
    }

    private static async Task ReadAsync(WebApplication app, string version)
    {
        var node = app.Services.GetRequiredService<HubServer.Core.Node>();
        var numbers = Enumerable.Range(0, Rows).Select(static number => (double)number).ToArray();
        await node.Ingest.PublishAsync(ChannelId.Parse("cpu"), new Rows([new RowField("value")], [new Column([.. numbers])]));
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = IsOwn } });
        await using var connection = new HubConnectionBuilder().WithUrl(new Uri(app.Urls.Single() + "/hub"), options =>
        {
            options.SkipNegotiation = true;
            options.Transports = HttpTransportType.WebSockets;
            options.WebSocketFactory = async (context, cancellationToken) =>
            {
                var socket = new ClientWebSocket();
                socket.Options.HttpVersion = Version.Parse(version);
                socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
                await socket.ConnectAsync(context.Uri, invoker, cancellationToken);
                return socket;
            };
        }).Build();
        await connection.StartAsync();
        await using var items = connection.StreamLoosely(WireFormat.Json, "Query", new { version = 1, targets = new[] { new { channel = "cpu", rows = Rows } }, intervalMs = 0 }).GetAsyncEnumerator();

        await ReadRowsAsync(Rows);
        await node.Ingest.PublishAsync(ChannelId.Parse("cpu"), new Rows([new RowField("value")], [new Column([7.0])]));
        await ReadRowsAsync(1);

        async Task ReadRowsAsync(double count)
        {
            for (var rows = 0.0; rows < count;)
            {
                Assert.True(await items.MoveNextAsync());
                rows += items.Current.ListAt("frames").Sum(static frame => (double)frame.At("count")!);
            }
        }
    }

    private static bool IsOwn(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate?.GetCertHashString() == Certificate.GetCertHashString();

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), password: null);
    }
}
