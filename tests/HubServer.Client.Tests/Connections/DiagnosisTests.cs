using System.Net;
using System.Net.WebSockets;
using System.Security.Authentication;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR;

namespace HubServer.Client.Tests.Connections;

public sealed class DiagnosisTests
{
    private static readonly Uri Hub = new("http://localhost:5080/hub");

    [Theory]
    [InlineData("bad_request", false)]
    [InlineData("not_found", false)]
    [InlineData("unauthorized", false)]
    [InlineData("forbidden", false)]
    [InlineData("limit_exceeded", false)]
    [InlineData("overloaded", true)]
    [InlineData("backplane_unavailable", true)]
    [InlineData("shutting_down", true)]
    [InlineData("internal", true)]
    public void OfCall_WhenTheHubRefuses_ReadsTheCodeBehindTheWordsOfSignalR(string code, bool isTransient)
    {
        var refused = Diagnosis.OfCall("Query", new HubException($"Failed to invoke 'Query' due to an error on the server. HubException: {code}: a: b"));

        Assert.Equal((code, "a: b", isTransient), (refused.Code, refused.Message, refused.IsTransient));
    }

    [Theory]
    [InlineData("Failed to invoke 'Query' due to an error on the server. HubException: whatever: text")]
    [InlineData("Failed to invoke 'Query' due to an error on the server. HubException: connection: text")]
    [InlineData("Failed to invoke 'Query' due to an error on the server.")]
    public void OfCall_WhenThereIsNoCodeOfTheContract_IsInternal(string message)
    {
        var refused = Diagnosis.OfCall("Query", new HubException(message));

        Assert.Equal((ErrorCode.Internal, message, true), (refused.Code, refused.Message, refused.IsTransient));
    }

    [Theory]
    [InlineData("Failed to invoke 'Query' due to an error on the server. HubException: Method does not exist.")]
    [InlineData("Unknown hub method 'Query'")]
    public void OfCall_WhenTheMethodIsMissing_SaysThatItIsAnotherHub(string message)
    {
        var refused = Diagnosis.OfCall("Query", new HubException(message));

        Assert.False(refused.IsTransient);
        Assert.Contains("no method 'Query'", refused.Message);
    }

    [Fact]
    public void OfCall_WhenTheConnectionEnds_IsALoss()
    {
        Exception[] losses =
        [
            new TaskCanceledException(),
            new IOException("reset"),
            new TimeoutException("Server timeout (30000.00ms) elapsed without receiving a message from the server."),
            new WebSocketException("closed"),
            new InvalidOperationException("The 'InvokeCoreAsync' method cannot be called if the connection is not active"),
            new InvalidDataException("Connection terminated while reading a message."),
            new HubException("The server closed the connection with the following error: Connection closed with an error. HubException: bad_request: x"),
            new ObjectDisposedException("HubConnection"),
        ];

        Assert.All(losses, loss => Assert.Equal((HubServerException.Connection, true), (Diagnosis.OfCall("Query", loss).Code, Diagnosis.OfCall("Query", loss).IsTransient)));
    }

    [Fact]
    public void OfCall_WhenTheRequestCannotBeWritten_IsFinal() =>
        Assert.False(Diagnosis.OfCall("Publish", new ArgumentException("no")).IsTransient);

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, ErrorCode.Unauthorized, false, false)]
    [InlineData(HttpStatusCode.Forbidden, ErrorCode.Forbidden, false, false)]
    [InlineData(HttpStatusCode.NotFound, ErrorCode.NotFound, false, true)]
    [InlineData(HttpStatusCode.OK, ErrorCode.NotFound, false, true)]
    [InlineData(HttpStatusCode.BadRequest, ErrorCode.NotFound, false, true)]
    [InlineData(HttpStatusCode.TooManyRequests, ErrorCode.Overloaded, true, true)]
    [InlineData(HttpStatusCode.BadGateway, HubServerException.Connection, true, true)]
    [InlineData(HttpStatusCode.ServiceUnavailable, HubServerException.Connection, true, true)]
    public void OfConnect_WhenSomethingElseIsAnswered_NamesTheCause(HttpStatusCode status, string code, bool isTransient, bool isTransientLater)
    {
        var first = Diagnosis.OfConnect(Hub, status, new WebSocketException(), wasConnected: false);
        var later = Diagnosis.OfConnect(Hub, status, new WebSocketException(), wasConnected: true);

        Assert.Equal((code, isTransient), (first.Code, first.IsTransient));
        Assert.Equal((code, isTransientLater), (later.Code, later.IsTransient));
        Assert.Contains($"answered {(int)status}", first.Message);
    }

    [Fact]
    public void OfConnect_WhenNobodyListens_GoesOn()
    {
        var refused = Diagnosis.OfConnect(Hub, default, new WebSocketException("no", new HttpRequestException("Connection refused (localhost:5080)")), wasConnected: false);

        Assert.Equal((HubServerException.Connection, true), (refused.Code, refused.IsTransient));
        Assert.Contains("Connection refused", refused.Message);
    }

    [Fact]
    public void OfConnect_WhenTheCertificateIsWrong_IsFinalUntilItWorkedOnce()
    {
        var wrong = new WebSocketException("no", new HttpRequestException("no", new AuthenticationException("The remote certificate is invalid")));

        Assert.False(Diagnosis.OfConnect(Hub, default, wrong, wasConnected: false).IsTransient);
        Assert.True(Diagnosis.OfConnect(Hub, default, wrong, wasConnected: true).IsTransient);
    }

    [Fact]
    public void OfConnect_WhenTheHubProtocolIsUnknown_SaysSo()
    {
        var unknown = new HubException("Unable to complete handshake with the server due to an error: The protocol 'messagepack' is not supported.");

        Assert.Equal((ErrorCode.BadRequest, false), (Diagnosis.OfConnect(Hub, default, unknown, false).Code, Diagnosis.OfConnect(Hub, default, unknown, false).IsTransient));
    }
}
