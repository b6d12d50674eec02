using HubServer;

var builder = WebApplication.CreateBuilder(args);
builder.UseDefaultUrl();
builder.Services.AddHubServer();

var app = builder.Build();
app.MapHubServer();
app.MapGet("/", Welcome.Page);
app.PrintWelcome();
app.Run();
