#:sdk Microsoft.NET.Sdk.Web
#:project ../../../src/HubServer.AspNetCore
#:property PublishAot=false
using HubServer.Core;
using HubServer.Protocol;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddHubServer(options => options.Channels.Capacity = 5_000);

var app = builder.Build();
app.MapHubServer();
app.MapPost("/orders", async (Ingest ingest) =>
{
    var result = await ingest.PublishAsync(new ChannelId("orders"), new Rows([new RowField("count")], [new Column([1.0])]));
    return $"orders has {result.Offset + 1} rows\n";
});
app.Run();
