using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using HubServer.Protocol;

namespace HubServer.History;

/// <summary>
/// One line of a history, as JSON without the keys that it does not need. All lines have <c>at</c> (milliseconds since
/// the run began, never falling from line to line), <c>by</c> (the publisher or subscriber) and <c>kind</c>:
/// <code>
/// publishers, one invoke and one answer for each attempt:
/// {"at":12.5,"by":"p1","kind":"invoke","url":"http://a","channel":"c1","sequence":7,"attempt":1,"due":12,"rows":["p1:7:0:9ae0daaf"]}
/// {"at":13.1,"by":"p1","kind":"ok","url":"http://a","channel":"c1","sequence":7,"attempt":1,"epoch":"g.0.1","offset":40,"count":1}
/// {"at":13.1,"by":"p1","kind":"fail","url":"http://a","channel":"c1","sequence":7,"attempt":1,"code":"overloaded"}
/// {"at":13.1,"by":"p1","kind":"info","url":"http://a","channel":"c1","sequence":7,"attempt":1,"code":"timeout"}
/// subscribers: a call of Query, its items, their frames, the call's end:
/// {"at":0.3,"by":"s1","kind":"connect","url":"http://a","call":1,"channels":["c1"],"resume":[{"channel":"c1","epoch":"g.0.1","offset":39,"refId":"A"}]}
/// {"at":0.9,"by":"s1","kind":"item","url":"http://a","call":1,"node":"a","state":"loading","stale":true}
/// {"at":0.9,"by":"s1","kind":"frame","url":"http://a","call":1,"node":"a","refId":"A","channel":"c1","frame":"delta","epoch":"g.0.1","offset":40,"count":1,
///  "gap":{"epoch":"g.0.1","from":30,"to":39,"reason":"lapped"},"more":true,"sampled":"minmax","rows":["p1:7:0:9ae0daaf"]}
/// {"at":9.9,"by":"s1","kind":"leave","url":"http://a","call":1,"code":"lost"}
/// </code>
/// An attempt's <c>code</c> is one of the contract's, or <c>unconnected</c>, <c>connection_lost</c>, <c>timeout</c>,
/// <c>abandoned</c> (the publisher itself hung up), <c>unreadable</c>; a call's is <c>lost</c>, <c>away</c>,
/// <c>stopped</c>, <c>broken</c> (the subscriber found the contract broken) or <c>refused</c>, with the <c>text</c> of
/// what happened. <c>stale</c> is what the item says, left out where it says nothing; <c>maxDataPoints</c> of a connect
/// line is that of its query.
/// </summary>
public sealed record HistoryEvent
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public double At { get; init; }

    public required string By { get; init; }

    public required HistoryKind Kind { get; init; }

    public string? Url { get; init; }

    public int? Call { get; init; }

    public string? Node { get; init; }

    public string? RefId { get; init; }

    public string? Channel { get; init; }

    public long? Sequence { get; init; }

    public int? Attempt { get; init; }

    /// <summary>When the publisher meant to send the block: it waits for the channel's block before, the plan does not.</summary>
    public double? Due { get; init; }

    public ItemState? State { get; init; }

    public bool? Stale { get; init; }

    public FrameKind? Frame { get; init; }

    public string? Epoch { get; init; }

    public long? Offset { get; init; }

    public int? Count { get; init; }

    public Gap? Gap { get; init; }

    public bool? More { get; init; }

    public string? Sampled { get; init; }

    public int? MaxDataPoints { get; init; }

    public string? Code { get; init; }

    public string? Text { get; init; }

    public IReadOnlyList<string>? Channels { get; init; }

    public IReadOnlyList<Resume>? Resume { get; init; }

    public IReadOnlyList<HistoryRow>? Rows { get; init; }

    public static HistoryEvent Parse(string line) =>
        JsonSerializer.Deserialize<HistoryEvent>(line, Options) ?? throw new FormatException("null is no line of a history");

    public override string ToString() => JsonSerializer.Serialize(this, Options);
}
