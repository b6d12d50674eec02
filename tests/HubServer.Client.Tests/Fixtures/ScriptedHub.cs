using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR;

namespace HubServer.Client.Tests.Fixtures;

/// <summary>A hub that says what its test wants.</summary>
public sealed class ScriptedHub(ScriptedServer server) : Hub
{
    public IAsyncEnumerable<object> Query(QueryRequest request, CancellationToken cancellationToken) => server.Answer(request, cancellationToken);

    public PublishResult[] Publish(PublishRequest request) => server.Answer(request);
}
