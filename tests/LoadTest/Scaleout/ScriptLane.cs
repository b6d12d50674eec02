using HubServer.Core;
using HubServer.Protocol;
using HubServer.Redis;
using StackExchange.Redis;

namespace HubServer.LoadTest.Scaleout;

/// <summary>The calls of one partition, of which one is in flight at a time.</summary>
internal sealed class ScriptLane
{
    private const int Capacity = 1_000;
    private static readonly PublishOptions Limits = new();

    private readonly IDatabase _redis;
    private readonly string _prefix;
    private readonly Block[][] _calls;
    private readonly Dictionary<ChannelId, string> _epochs = [];
    private long _number;

    public ScriptLane(IDatabase redis, Load load, int partition, int partitions)
    {
        _redis = redis;
        _prefix = $"hs:{{p{partition:00}}}:";
        var fit = Math.Clamp(Limits.MaxBlockBytes / (load.BlockRows * Load.Fields.Count * sizeof(double)), 1, Limits.MaxCallBlocks);
        _calls = [.. Enumerable.Range(0, load.Channels).Where(channel => channel % partitions == partition).Chunk(fit).Select(some => Array.ConvertAll(some, channel => BlockOf(load, channel)))];
    }

    /// <summary>The calls that were answered.</summary>
    public int Calls { get; private set; }

    /// <summary>The blocks of these.</summary>
    public int Blocks { get; private set; }

    /// <summary>Runs calls until it is told to stop, and each at least once.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        for (var run = 0; run < _calls.Length || (_calls.Length > 0 && !stop.IsCancellationRequested); run++)
        {
            var blocks = _calls[run % _calls.Length];
            var call = new PartitionCall(_prefix, "benchmark", ++_number, Limits.RetryWindow);
            foreach (var block in blocks)
                call.Append(block, _epochs.GetValueOrDefault(block.Channel, ""), Capacity);
            var reply = await PartitionScript.RunAsync(_redis, call);
            for (var i = 0; i < blocks.Length; i++)
                Take(ref blocks[i], reply.Results[i]);
            Calls++;
            Blocks += blocks.Length;
        }
    }

    private void Take(ref Block block, OperationResult result)
    {
        if (result.Status != OperationStatus.Ok)
            throw new InvalidOperationException($"the script answered {result.Status}");
        _epochs[block.Channel] = result.Epoch;
        if (block.BaseHash.Length == 0)
            block = BlockOf(block.Channel, block.Schema, block.Columns, block.Schema.Hash);
    }

    private static Block BlockOf(Load load, int channel)
    {
        var schema = new Schema([new Field(Load.Fields[0], FieldType.Time), .. Load.Fields.Skip(1).Select(static name => new Field(name, FieldType.Number))]);
        return BlockOf(ChannelId.Parse(load.ChannelId(channel)), schema, Array.ConvertAll(load.ColumnsOf(channel), static values => new Column(values)), baseHash: "");
    }

    private static Block BlockOf(ChannelId channel, Schema schema, Column[] columns, string baseHash) => new()
    {
        Channel = channel,
        BaseHash = baseHash,
        Schema = schema,
        Columns = columns,
        Count = columns[0].Count,
        Bytes = columns.Length * columns[0].Count * sizeof(double),
    };
}
