using System.Text;
using HubServer.Protocol;
using Microsoft.AspNetCore.Http;

namespace HubServer.AspNetCore.Routes;

/// <summary>Answers with messages of the contract, as JSON.</summary>
internal static class WireResult
{
    public static IResult Of<T>(T message)
        where T : IWireType<T> => TypedResults.Text(Json(message), "application/json");

    public static IResult Of<T>(IEnumerable<T> messages)
        where T : IWireType<T> => TypedResults.Text($"[{string.Join(',', messages.Select(Json))}]", "application/json");

    private static string Json<T>(T message)
        where T : IWireType<T> => Encoding.UTF8.GetString(WireWriter.ToBytes(WireFormat.Json, message));
}
