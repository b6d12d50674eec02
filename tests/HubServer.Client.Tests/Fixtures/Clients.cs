using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Protocol;

namespace HubServer.Client.Tests.Fixtures;

/// <summary>Clients and requests as most tests need them: quick to try again.</summary>
internal static class Clients
{
    public static HubServerClientOptions Options(Uri url) => new()
    {
        Url = url,
        FirstRetryDelay = TimeSpan.FromMilliseconds(20),
        MaxRetryDelay = TimeSpan.FromMilliseconds(100),
    };

    public static HubServerClient Of(Uri url, Action<HubServerClientOptions>? configure = null)
    {
        var options = Options(url);
        configure?.Invoke(options);
        return new HubServerClient(options);
    }

    public static HubServerClient Of(ServerFixture server, WireFormat protocol = WireFormat.MessagePack) =>
        Of(server.Url, options => options.Protocol = protocol);

    public static QueryRequest Query(string channel, int? rows = null) => new() { Targets = [new Target { Channel = channel, Rows = rows }], IntervalMs = 0 };

    /// <summary>Rows of a time and a number <c>value</c>, counting up from <paramref name="first"/>.</summary>
    public static Rows Rows(int first, int count = 1)
    {
        double[] numbers = [.. Enumerable.Range(first, count)];
        return new Rows([new RowField("time"), new RowField("value")], [new Column(numbers), new Column([.. numbers])]);
    }

    public static List<double> Numbers(int first, int count) => [.. Enumerable.Range(first, count)];
}
