using HubServer;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

try
{
    // The settings beside the program hold wherever it is started from.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    builder.UseDefaultUrl();
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
catch (InvalidOperationException wrong) when (wrong.GetBaseException() is FormatException reason)
{
    // The binder's own message names the key, the value and the type.
    Console.Error.WriteLine($"{wrong.Message} {reason.Message}");
    return 1;
}
catch (IOException failure) when (failure.InnerException is AddressInUseException)
{
    Console.Error.WriteLine($"{failure.Message} Another program listens there; name a free port with ASPNETCORE_URLS=http://localhost:5081");
    return 1;
}
