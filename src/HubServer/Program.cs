using HubServer;
using Microsoft.Extensions.Options;

try
{
    // The settings beside the program hold wherever it is started from.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    builder.UseDefaultUrl();
    builder.Services.AddHubServer();

    var app = builder.Build();
    app.UseConfiguredPathBase();
    app.MapHubServer();
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
