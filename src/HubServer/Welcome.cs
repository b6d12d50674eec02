using HubServer.Core;

namespace HubServer;

/// <summary>Tells a person who started the program what is there.</summary>
internal static class Welcome
{
    private const string DefaultUrl = "http://localhost:5080";

    /// <summary>Listens on port 5080 unless the configuration says where, in any of the ways ASP.NET Core knows.</summary>
    public static void UseDefaultUrl(this WebApplicationBuilder builder)
    {
        string[] keys = ["urls", "http_ports", "https_ports"];
        var isConfigured = keys.Any(key => !string.IsNullOrEmpty(builder.Configuration[key])) || builder.Configuration.GetSection("Kestrel:Endpoints").Exists();
        if (!isConfigured)
            builder.WebHost.UseUrls(DefaultUrl);
    }

    /// <summary>Prints the addresses once the server listens.</summary>
    public static void PrintWelcome(this WebApplication app) => app.Lifetime.ApplicationStarted.Register(() =>
    {
        foreach (var url in app.Urls)
            Console.Out.WriteLine(Text(url + Dashboard.PathBaseOf(app.Configuration)));
    });

    /// <summary>The same as a page.</summary>
    public static IResult Page(HttpContext context, Node node)
    {
        var url = $"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}";
        var channels = node.List(new Protocol.ListRequest()).Channels.Select(channel => $"  {channel.Id}  {channel.Rows} rows");
        return TypedResults.Text($"{Text(url)}\nLive channels:\n{string.Join('\n', channels)}\n");
    }

    private static string Text(string url) => $$"""

        HubServer is live at {{url}}
          {{url}}/hub             SignalR: Query, Publish, PublishStream, ListChannels
          {{url}}/api/channels    the channels that are live now
          {{url}}/api/status      connections, queries, rows, memory; {{url}}/metrics for Prometheus
          {{url}}/openapi/v1.json every route
        Push a row of your own:
          curl {{url}}/api/channels/demo/rows -d '{"value": 42}'

        """;
}
