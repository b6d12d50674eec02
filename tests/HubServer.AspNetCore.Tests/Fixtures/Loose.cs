using System.Collections;
using System.Globalization;
using System.Text.Json;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR.Client;

namespace HubServer.AspNetCore.Tests.Fixtures;

/// <summary>
/// What a client without our types gets: <see cref="JsonElement"/> or MessagePack's dictionaries, brought into one
/// form of dictionaries, lists, numbers, texts and booleans.
/// </summary>
internal static class Loose
{
    /// <summary>Calls a method.</summary>
    public static async Task<object?> InvokeLooselyAsync(this HubConnection connection, WireFormat format, string method, object? argument) =>
        format == WireFormat.Json
            ? From(await connection.InvokeCoreAsync<JsonElement>(method, [argument]))
            : From(await connection.InvokeCoreAsync<object>(method, [argument]));

    /// <summary>Opens a stream.</summary>
    public static IAsyncEnumerable<object?> StreamLoosely(
        this HubConnection connection, WireFormat format, string method, object? argument, CancellationToken cancellationToken = default) =>
        format == WireFormat.Json
            ? connection.StreamAsyncCore<JsonElement>(method, [argument], cancellationToken).Select(item => From(item))
            : connection.StreamAsyncCore<object>(method, [argument], cancellationToken).Select(item => From(item));

    /// <summary>The value at a path such as <c>frames[0].data.values[1]</c>; null where there is none.</summary>
    public static object? At(this object? value, string path)
    {
        foreach (var step in path.Split(['.', '[', ']'], StringSplitOptions.RemoveEmptyEntries))
        {
            value = value switch
            {
                Dictionary<string, object?> map => map.GetValueOrDefault(step),
                List<object?> list when int.Parse(step, CultureInfo.InvariantCulture) < list.Count => list[int.Parse(step, CultureInfo.InvariantCulture)],
                _ => null,
            };
        }

        return value;
    }

    public static List<object?> ListAt(this object? value, string path) => Assert.IsType<List<object?>>(value.At(path));

    private static object? From(object? value) => value switch
    {
        null or string or bool or double => value,
        JsonElement json => FromJson(json),
        byte[] column => FromColumn(column),
        IDictionary<object, object?> map => map.ToDictionary(pair => (string)pair.Key, pair => From(pair.Value)),
        IEnumerable list => list.Cast<object?>().Select(From).ToList(),
        _ => Convert.ToDouble(value, CultureInfo.InvariantCulture),
    };

    private static object? FromJson(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().ToDictionary(pair => pair.Name, pair => FromJson(pair.Value)),
        JsonValueKind.Array => json.EnumerateArray().Select(FromJson).ToList(),
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        _ => json.GetBoolean(),
    };

    // A column of numbers, as PROTOCOL.md 4 has it.
    private static List<object?> FromColumn(byte[] column) =>
    [
        .. column.Chunk(8).Select(bytes => BitConverter.ToInt64(bytes)).Select(bits =>
            bits == 0x7FF80000000007A2 ? null : (object?)BitConverter.Int64BitsToDouble(bits)),
    ];
}
