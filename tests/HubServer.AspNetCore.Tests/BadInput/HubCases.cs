using HubServer.Protocol;

namespace HubServer.AspNetCore.Tests.BadInput;

/// <summary>Wrong calls by name, each of which both protocols can carry.</summary>
internal static class HubCases
{
    private static readonly object Target = new { channel = "cpu" };
    private static readonly string[] NoFields = [];

    public static readonly Dictionary<string, HubCase> All = new()
    {
        ["selector that does not close"] = Query("targets[0].channel: ", Of(new { channel = "cpu{host=\"a\"" })),
        ["selector without quotes"] = Query("character 9", Of(new { channel = "cpu{host=a}" })),
        ["second target's selector"] = Query("targets[1].channel: ", Of(new { refId = "A", channel = "cpu" }, new { refId = "B", channel = "cpu{" })),
        ["regular expression that is none"] = Query("character 4: the regular expression is invalid", Of(new { channel = "cpu{host=~\"(\"}" })),
        ["regular expression that looks back"] = Query("linear time", Of(new { channel = "cpu{host=~\"(a)\\\\1\"}" })),
        ["regular expression that is long"] = Query("characters; the limit is", Of(new { channel = $"cpu{{host=~\"{new string('a', 2_000)}\"}}" }), ErrorCode.LimitExceeded),
        ["id that is a selector"] = Query("targets[0].id: ", Of(new { id = "cpu{host=~\"a\"}" })),
        ["target without channel and id"] = Query("targets[0]: a target has either", Of(new { refId = "A" })),
        ["target with channel and id"] = Query("targets[0]: a target has either", Of(new { channel = "a", id = "a" })),
        ["refId twice"] = Query("targets[1].refId", Of(new { channel = "a" }, new { channel = "b" })),
        ["sample that is unknown"] = Query("targets[0].sample: 'some'", Of(new { channel = "a", sample = "some" })),
        ["rows below zero"] = Query("targets[0].rows: -1", Of(new { channel = "a", rows = -1 })),
        ["rows with a fraction"] = Query("targets[0].rows: 1.5", Of(new { channel = "a", rows = 1.5 })),
        ["fields that are a text"] = Query("targets[0].fields: expected an array, found a string", Of(new { channel = "a", fields = "value" })),
        ["no targets"] = Query("targets is empty", new { version = 1, targets = NoFields }),
        ["targets missing"] = Query("targets is missing", new { version = 1 }),
        ["targets that are an object"] = Query("targets: expected an array, found an object", new { version = 1, targets = Target }),
        ["version missing"] = Query("version is missing; this server speaks version 1", new { targets = new[] { Target } }),
        ["version unknown"] = Query("version is 2; this server speaks version 1", new { version = 2, targets = new[] { Target } }),
        ["interval below zero"] = Query("intervalMs: -1", new { version = 1, targets = new[] { Target }, intervalMs = -1 }),
        ["interval too long"] = Query("intervalMs is 60001; it is between 0 and 60000", new { version = 1, targets = new[] { Target }, intervalMs = 60_001 }),
        ["interval that is a text"] = Query("intervalMs: expected a number, found a string", new { version = 1, targets = new[] { Target }, intervalMs = "50" }),
        ["past below zero"] = Query("lastMs is -1", new { version = 1, targets = new[] { Target }, lastMs = -1 }),
        ["range that runs back"] = Query("range runs", new { version = 1, targets = new[] { Target }, range = new { from = 2, to = 1 } }),
        ["position without epoch"] = Query("resume[0]: a position to resume from", new { version = 1, targets = new[] { Target }, resume = new[] { new { channel = "a", offset = 1 } } }),
        ["position below -1"] = Query("resume[0]: a position to resume from", new { version = 1, targets = new[] { Target }, resume = new[] { new { channel = "a", epoch = "e", offset = -2 } } }),
        ["position of no channel"] = Query("resume[0].channel: ", new { version = 1, targets = new[] { Target }, resume = new[] { new { channel = "a{", epoch = "e", offset = 1 } } }),
        ["query that is a text"] = Query("expected an object, found a string", "cpu"),
        ["query that is a number"] = Query("expected an object, found a number", 5),
        ["query that is a list"] = Query("expected an object, found an array", NoFields),
        ["query that is null"] = Query("expected an object, found null", null),
        ["query without argument"] = new("Query", [], ErrorCode.BadRequest, "'Query'"),
        ["query with two arguments"] = new("Query", [Of(Target), Of(Target)], ErrorCode.BadRequest, "'Query'"),
        ["publish that is null"] = Publish("expected an object, found null", null),
        ["publish that is a text"] = Publish("expected an object, found a string", "cpu"),
        ["publish without argument"] = new("Publish", [], ErrorCode.BadRequest, "'Publish'"),
        ["publish with two arguments"] = new("Publish", [Batches(), Batches()], ErrorCode.BadRequest, "'Publish'"),
        ["batches missing"] = Publish("batches is missing", new { level = "logged" }),
        ["level unknown"] = Publish("level: 'maybe'", new { batches = NoFields, level = "maybe" }),
        ["level that this node has not"] = Publish("level 'replicated'", new { batches = NoFields, level = "replicated" }),
        ["publisher without sequence"] = Publish("publisherId and sequence come together", new { batches = NoFields, publisherId = "p" }),
        ["sequence without publisher"] = Publish("publisherId and sequence come together", new { batches = NoFields, sequence = 1 }),
        ["channel that is no id"] = Publish("batches[1]: ", Batches(Batch("fresh"), Batch("fresh*"))),
        ["channel missing"] = Publish("batches[0]: ", new { batches = new[] { new { rows = Rows(1) } } }),
        ["ragged columns"] = Publish("batches[1].rows: values[1] ('b') has 1 rows and values[0] has 2", Batches(Batch("fresh"), Batch("ragged", new double[] { 1, 2 }, new double[] { 3 }))),
        ["too few columns"] = Publish("batches[0].rows: there are 2 fields and 1 columns", Batches(Batch("fresh", new double[] { 1 }))),
        ["value of another kind in a column"] = Publish("batches[0].rows.values[1][1]: is a string, but", Batches(Batch("fresh", new object[] { 1, 2 }, new object[] { 1, "x" }))),
        ["value that is an object"] = Publish("batches[0].rows.values[0][0]: a value is", Batches(Batch("fresh", new object[] { Target }, new object[] { 1 }))),
        ["value of another type than the field"] = Publish("batches[1]: values[0] for field 'value' of channel 'alive'", Batches(Batch("fresh"), new { channel = "alive", rows = new { fields = new[] { new { name = "value" } }, values = new[] { new[] { "x" } } } })),
        ["type of another kind than the field"] = Publish("batches[0]: field 'value' of channel 'alive' is declared as string", Batches(new { channel = "alive", rows = new { fields = new[] { new { name = "value", type = "string" } }, values = new[] { new[] { "x" } } } })),
        ["type unknown"] = Publish("batches[0].rows.fields[0].type: 'int'", Batches(new { channel = "fresh", rows = new { fields = new[] { new { name = "a", type = "int" } }, values = new[] { new[] { 1 } } } })),
        ["field without name"] = Publish("batches[0].rows.fields[0]: a field has a name", Batches(new { channel = "fresh", rows = new { fields = new[] { new { unit = "s" } }, values = new[] { new[] { 1 } } } })),
        ["field with an empty name"] = Publish("batches[0]: fields[0]", Batches(new { channel = "fresh", rows = new { fields = new[] { new { name = "" } }, values = new[] { new[] { 1 } } } })),
        ["field twice"] = Publish("batches[0]: field 'a' occurs twice", Batches(new { channel = "fresh", rows = new { fields = new[] { new { name = "a" }, new { name = "a" } }, values = new[] { new[] { 1 }, new[] { 2 } } } })),
        ["time that is none"] = Publish("values[0][0] ('time'): 'soon' is no time", Batches(new { channel = "fresh", rows = new { fields = new[] { new { name = "time" } }, values = new[] { new[] { "soon" } } } })),
        ["rows missing"] = Publish("batches[0]", new { batches = new[] { new { channel = "fresh" } } }),
        ["list that is null"] = new("ListChannels", [null], ErrorCode.BadRequest, "expected an object, found null"),
        ["list without argument"] = new("ListChannels", [], ErrorCode.BadRequest, "'ListChannels'"),
        ["list with a wrong selector"] = new("ListChannels", [new { selector = "cpu{" }], ErrorCode.BadRequest, "'cpu{', at character"),
        ["list with a limit of zero"] = new("ListChannels", [new { limit = 0 }], ErrorCode.BadRequest, "limit is 0; it is between 1 and 10000"),
        ["list with a limit that is a text"] = new("ListChannels", [new { limit = "1" }], ErrorCode.BadRequest, "limit: expected a number, found a string"),
    };

    private static HubCase Query(string text, object? argument, string code = ErrorCode.BadRequest) => new("Query", [argument], code, text);

    private static HubCase Publish(string text, object? argument) => new("Publish", [argument], ErrorCode.BadRequest, text);

    private static object Of(params object[] targets) => new { version = 1, targets };

    private static object Batches(params object[] batches) => new { batches };

    private static object Batch(string channel) => new { channel, rows = Rows(1) };

    private static object Batch(string channel, params object[] values) => new { channel, rows = new { fields = new[] { new { name = "a" }, new { name = "b" } }, values } };

    private static object Rows(double value) => new { fields = new[] { new { name = "value" } }, values = new[] { new[] { value } } };
}
