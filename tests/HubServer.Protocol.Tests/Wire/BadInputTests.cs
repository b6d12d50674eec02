using System.Text;

namespace HubServer.Protocol.Tests;

/// <summary>What no reader takes, with the place that the error names.</summary>
public sealed class BadInputTests
{
    [Theory]
    [InlineData("null", "expected an object, found null")]
    [InlineData("[]", "expected an object, found an array")]
    [InlineData("{}", "version is missing")]
    [InlineData("""{"version":2,"targets":[]}""", "version is 2; this server speaks version 1")]
    [InlineData("""{"version":1}""", "targets is missing")]
    [InlineData("""{"version":1,"targets":{}}""", "targets: expected an array, found an object")]
    [InlineData("""{"version":"1"}""", "version: expected a number, found a string")]
    [InlineData("""{"version":1.5}""", "version: 1.5 is not a whole number")]
    [InlineData("""{"version":-1}""", "version: -1 is out of range")]
    [InlineData("""{"version":1,"targets":[{"id":"a"},{}]}""", "targets[1]: a target has either channel")]
    [InlineData("""{"version":1,"targets":[{"id":"a","channel":"a"}]}""", "targets[0]: a target has either channel")]
    [InlineData("""{"version":1,"targets":[{"channel":1}]}""", "targets[0].channel: expected a string, found a number")]
    [InlineData("""{"version":1,"targets":[{"fields":["a",null]}]}""", "targets[0].fields[1]: expected a string, found null")]
    [InlineData("""{"version":1,"targets":[{"rows":2147483648}]}""", "targets[0].rows: 2147483648 is out of range")]
    [InlineData("""{"version":1,"targets":[{"sample":"avg"}]}""", "targets[0].sample: 'avg' is no way to sample")]
    [InlineData("""{"version":1,"range":{"from":"now"}}""", "range.from: expected a number, found a string")]
    [InlineData("""{"version":1,"lastMs":1e999}""", "lastMs: the number does not fit")]
    [InlineData("""{"version":1,"resume":[{"channel":"a","epoch":"e"}]}""", "resume[0]: a position to resume from has")]
    [InlineData("""{"version":1,"resume":[{"channel":"a","epoch":"e","offset":-2}]}""", "resume[0]: a position to resume from has")]
    [InlineData("""{"version":1,"resume":[{"offset":9007199254740994}]}""", "resume[0].offset: 9007199254740994 is not a whole number")]
    [InlineData("""{"version":1,"targets":[{"refId":"\ud83d"}]}""", "targets[0].refId: the JSON is malformed")]
    [InlineData("""{"version":1,"targets":[{"refId":"\ude00x"}]}""", "targets[0].refId: the JSON is malformed")]
    [InlineData("""{"version":1,"targets":[{"\ud83d":1}]}""", "targets[0]: the JSON is malformed")]
    [InlineData("""{"version":1,"targets":[]} {}""", "the JSON is malformed")]
    [InlineData("""{"version":1,"targets":[],}""", "targets: the JSON is malformed")]
    [InlineData("", "the JSON is malformed")]
    [InlineData("   ", "the JSON is malformed")]
    [InlineData("{'version':1}", "the JSON is malformed")]
    public void Read_WhenAQueryIsWrong_SaysWhatAndWhere(string json, string start) => Refuses<QueryRequest>(json, start);

    [Theory]
    [InlineData("""{}""", "batches is missing")]
    [InlineData("""{"batches":[{"channel":"a"}]}""", "batches[0]: a batch has channel and rows")]
    [InlineData("""{"batches":[],"sequence":1}""", "publisherId and sequence come together")]
    [InlineData("""{"batches":[],"publisherId":"p"}""", "publisherId and sequence come together")]
    [InlineData("""{"batches":[],"level":"safe"}""", "level: 'safe' is no level")]
    [InlineData("""{"batches":[{"rows":[]}]}""", "batches[0].rows: expected an object, found an array")]
    public void Read_WhenAPublishIsWrong_SaysWhatAndWhere(string json, string start) => Refuses<PublishRequest>(json, start);

    [Theory]
    [InlineData("""{"fields":[]}""", ": rows are {fields")]
    [InlineData("""{"fields":[{"name":"a"}],"values":[]}""", ": there are 1 fields and 0 columns")]
    [InlineData("""{"fields":[{"name":"a"},{"name":"b"}],"values":[[1,2],[1]]}""", ": values[1] ('b') has 1 rows and values[0] has 2")]
    [InlineData("""{"fields":[{}],"values":[]}""", ".fields[0]: a field has a name")]
    [InlineData("""{"fields":[{"name":"a","type":"float"}]}""", ".fields[0].type: 'float' is no field type")]
    [InlineData("""{"fields":[{"name":"a","type":3}]}""", ".fields[0].type: expected a string, found a number")]
    [InlineData("""{"fields":[{"name":"a","labels":{"b":1}}]}""", ".fields[0].labels.b: expected a string, found a number")]
    [InlineData("""{"fields":[{"name":"a","labels":{"b-c":"d"}}]}""", ".fields[0].labels: label name 'b-c' is malformed")]
    [InlineData("""{"fields":[{"name":"a","labels":{"b":"1","b":"2"}}]}""", ".fields[0].labels: label 'b' occurs twice")]
    [InlineData("""{"fields":[{"name":"a","type":"string"}],"values":[[1]]}""", ": values[0] ('a') holds number values; its type is string")]
    [InlineData("""{"fields":[{"name":"time"}],"values":[[true]]}""", ": values[0] ('time') holds boolean values; its type is time")]
    [InlineData("""{"fields":[{"name":"time"}],"values":[["noon"]]}""", ": values[0][0] ('time'): 'noon' is no time")]
    [InlineData("""{"values":[[1,2,3,"x"]]}""", ".values[0][3]: is a string, but the column's earlier values are of kind number")]
    [InlineData("""{"values":[[null,true,1]]}""", ".values[0][2]: is a number, but")]
    [InlineData("""{"values":[[],[1,[2]]]}""", ".values[1][1]: a value is a number")]
    [InlineData("""{"values":[[{}]]}""", ".values[0][0]: a value is a number")]
    [InlineData("""{"values":[1]}""", ".values[0]: expected an array, found a number")]
    [InlineData("""{"values":[[0,1e999]]}""", ".values[0][1]: the number does not fit")]
    [InlineData("""{"values":[[0,-1e999]]}""", ".values[0][1]: the number does not fit")]
    [InlineData("""{"values":[[0,NaN]]}""", ".values[0][0]: the JSON is malformed")]
    [InlineData("""{"entities":{}}""", ".entities: expected an array, found an object")]
    [InlineData("""{"entities":[{"Nan":[0]}]}""", ".entities[0].Nan: 'Nan' is no entity")]
    [InlineData("""{"entities":[{"NaN":[0.5]}]}""", ".entities[0].NaN[0]: 0.5 is not a whole number")]
    [InlineData("""{"fields":[],"values":[],"entities":[null]}""", ": entities has 1 entries for 0 columns")]
    [InlineData("""{"fields":[{"name":"a"}],"values":[["x",null]],"entities":[{"NaN":[1]}]}""", ": entities[0]: column 0 holds no numbers")]
    [InlineData("""{"fields":[{"name":"a"}],"values":[[null]],"entities":[{"NaN":[1]}]}""", ": entities[0]: row 1 is outside the column's 1 rows")]
    [InlineData("""{"fields":[{"name":"a"}],"values":[[null]],"entities":[{"NaN":[-1]}]}""", ": entities[0]: row -1 is outside")]
    [InlineData("""{"fields":[{"name":"a"}],"values":[[1]],"entities":[{"Inf":[0]}]}""", ": entities[0]: values[0][0] must be null")]
    [InlineData("""{"fields":[{"name":"a"}],"values":[[null]],"entities":[{"Inf":[0],"NaN":[0]}]}""", ": entities[0]: values[0][0] must be null")]
    public void Read_WhenRowsAreWrong_SaysWhatAndWhere(string rows, string rest)
    {
        const string Before = """{"batches":[{"channel":"a","rows":{"fields":[],"values":[]}},{"channel":"b","rows":""";

        Refuses<PublishRequest>($"{Before}{rows}}}]}}", "batches[1].rows" + rest);
        Refuses<Rows>(rows, rest.TrimStart(':', '.', ' '));
    }

    [Theory]
    [InlineData("""{"state":"loading"}""", "state: 'loading' is no state")]
    [InlineData("""{"frames":[{"kind":"patch"}]}""", "frames[0].kind: 'patch' is no kind of frame")]
    [InlineData("""{"frames":[{"gap":{"reason":"lost"}}]}""", "frames[0].gap: 'lost' is no reason")]
    [InlineData("""{"frames":[{},{"schema":{"fields":[{"name":"a"}]}}]}""", "frames[1].schema.fields[0]: field 'a' has no type")]
    [InlineData("""{"frames":[{"schema":{"fields":[{"name":"a","type":"time"},{"name":"a","type":"number"}]}}]}""", "frames[0].schema: field 'a' occurs twice")]
    [InlineData("""{"frames":[{"data":{"values":[[1],[]]}}]}""", "frames[0].data: values[1] has 0 rows and values[0] has 1")]
    [InlineData("""{"frames":[{"data":{"values":[[1]],"entities":[{"NaN":[0]}]}}]}""", "frames[0].data: entities[0]: values[0][0] must be null")]
    [InlineData("""{"errors":[{"retryMs":-1}]}""", "errors[0].retryMs: -1 is out of range")]
    [InlineData("""{"server":{"time":null}}""", "server.time: expected a number, found null")]
    public void Read_WhenAnItemIsWrong_SaysWhatAndWhere(string json, string start) => Refuses<Item>(json, start);

    [Theory]
    [InlineData("""{"channels":[{"id":"a{"}]}""", "channels[0]: 'a{', at character 2")]
    [InlineData("""{"channels":[{}]}""", "channels[0]: '', at character 0")]
    [InlineData("""{"channels":[{"id":"a"},{"id":"b","rows":1.5}]}""", "channels[1].rows: 1.5 is not a whole number")]
    public void Read_WhenAListIsWrong_SaysWhatAndWhere(string json, string start) => Refuses<ChannelList>(json, start);

    [Fact]
    public void Read_WhenJsonIsNestedDeeply_IsRefused()
    {
        var nested = string.Concat(Enumerable.Repeat("[", 100_000));

        Refuses<QueryRequest>($$"""{"x":{{nested}}""", "x: the JSON is malformed");
        Refuses<QueryRequest>(nested, "expected an object, found an array");
    }

    [Theory]
    [InlineData("22FF22")]
    [InlineData("22C0AF22")]
    [InlineData("22EDA0BD22")]
    public void Read_WhenJsonIsNoUtf8_NamesThePlace(string hex)
    {
        byte[] json = [.. "{\"selector\":"u8, .. Convert.FromHexString(hex), .. "}"u8];

        ErrorAssert.NamesPath(() => WireReader.Read<ListRequest>(WireFormat.Json, json), "selector");
    }

    [Fact]
    public void Read_WhenItIsCalledWithinAPlace_NamesThePlaceOnce()
    {
        var error = Assert.Throws<ProtocolException>(() => WireReader.Read<PublishRequest>(
            WireFormat.Json, Encoding.UTF8.GetBytes("""{"batches":[{"channel":"a","rows":{"fields":[{"name":"v"}],"values":[[1,"x"]]}}]}""")));

        Assert.Equal("batches[0].rows.values[0][1]: is a string, but the column's earlier values are of kind number", error.Message);
        Assert.Equal("bad_request: " + error.Message, error.WireMessage);
    }

    private static void Refuses<T>(string json, string start)
        where T : IWireType<T>
    {
        var error = Assert.Throws<ProtocolException>(() => WireReader.Read<T>(WireFormat.Json, Encoding.UTF8.GetBytes(json)));

        Assert.Equal(ErrorCode.BadRequest, error.Code);
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
    }
}
