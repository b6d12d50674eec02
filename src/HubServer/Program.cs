using System.Net.Sockets;
using HubServer;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

try
{
    // The settings beside the program hold wherever it is started from.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    builder.UseDefaultUrl();

    // Continuations run where a socket's event is handled, which is on the thread pool already: each further change of
    // threads wakes one that sleeps.
    builder.WebHost.UseSockets(static options => options.UnsafePreferInlineScheduling = true);
    builder.Services.AddHubServerRedis();
    builder.Services.AddHubServer();
    builder.AddMetricsExporter();

    var app = builder.Build();
    app.UseConfiguredPathBase();
    app.MapHubServer();
    app.MapMetrics();
    app.MapDashboard();
    app.PrintWelcome();
    app.Run();
    return 0;
}
catch (OptionsValidationException wrong)
{
    Console.Error.WriteLine(string.Join(Environment.NewLine, wrong.Failures));
    return 1;
}
catch (IOException failure) when (failure.InnerException is AddressInUseException)
{
    Console.Error.WriteLine($"{failure.Message} Another program listens there; name a free port with ASPNETCORE_URLS=http://localhost:5081");
    return 1;
}
catch (Exception wrong) when (wrong is InvalidOperationException or FormatException or ArgumentException or IOException or SocketException)
{
    // What is wrong with addresses, certificates and the settings of the server below is in their own words.
    Console.Error.WriteLine($"The server cannot start with these settings: {wrong.Message}");
    return 1;
}
