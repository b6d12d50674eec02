using System.Buffers;
using System.Text;
using HubServer.AspNetCore.Hubs;
using HubServer.AspNetCore.Tests.Fixtures;
using HubServer.Fixtures;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace HubServer.AspNetCore.Tests.BadInput;

/// <summary>One call that cannot be read is refused; the connection and what else runs on it stay.</summary>
public sealed class UnreadableCallTests
{
    private static readonly string Deep = new string('[', 70) + new string(']', 70);

    public static TheoryData<string> Arguments => ["[NaN]", $"[{{\"version\":1,\"x\":{Deep}}}]", "[{\"version\":1,]", "[{\"version\":1,\"targets\":[", "[{\"a\":\"\\ud800\"}] ]"];

    [Theory]
    [MemberData(nameof(Arguments))]
    public async Task Query_WhenItsArgumentsAreNoJson_IsRefusedAndTheOthersGoOn(string arguments)
    {
        await using var server = await ServerFixture.StartAsync();
        using var socket = await RawSocket.ConnectAsync(server.Url);
        await socket.QueryAsync("cpu");
        await Wait.Eventually(() => server.Node.Status().Queries == 1, "the query runs");

        await socket.SendTextAsync($$"""{"type":4,"invocationId":"2","target":"Query","arguments":{{arguments}}}""");
        await socket.SkipPastAsync("\"invocationId\":\"2\",\"error\":\"");
        await socket.SkipPastAsync("bad_request: ");
        await server.PostAsync("/api/channels/cpu/rows", "{\"value\":4711}");
        await socket.SkipPastAsync("4711");

        Assert.Equal(1, server.Node.Status().Queries);
        Assert.Empty(server.Errors);
    }

    [Theory]
    [InlineData("""{"type":4,"target":"Query","arguments":[NaN]}""")]
    [InlineData("""{"type":4,"invocationId":"1","target":"Other","arguments":[NaN]}""")]
    [InlineData("""{"type":6,"invocationId":"1","target":"Query","x":NaN}""")]
    [InlineData("NaN")]
    public void Parse_WhenItIsNoCallOfOurs_IsLeftToSignalR(string message)
    {
        var protocol = new SharedBytesHubProtocol(new JsonHubProtocol(), WireFormat.Json);
        var input = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(message + "\u001e"));

        Assert.ThrowsAny<Exception>(() => protocol.TryParseMessage(ref input, NoBinder.Instance, out _));
    }

    [Fact]
    public void Parse_WhenAnotherMessageFollows_LeavesItToBeRead()
    {
        var protocol = new SharedBytesHubProtocol(new JsonHubProtocol(), WireFormat.Json);
        var input = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes("{\"type\":1,\"invocationId\":\"1\",\"target\":\"Query\",\"arguments\":[NaN]}\u001e{\"type\":6}\u001e"));

        Assert.True(protocol.TryParseMessage(ref input, NoBinder.Instance, out var refused));
        Assert.IsType<InvocationBindingFailureMessage>(refused);
        Assert.True(protocol.TryParseMessage(ref input, NoBinder.Instance, out var next));
        Assert.IsType<PingMessage>(next);
        Assert.True(input.IsEmpty);
    }
}
