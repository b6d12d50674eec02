using StackExchange.Redis;

namespace HubServer.Redis;

/// <summary>Runs <c>partition.lua</c>, the one script by which a node reads and writes a partition's state.</summary>
internal static class PartitionScript
{
    public static readonly string Text = Read();

    /// <summary>Runs the call's operations in one step. A reply that was lost is had again by running the identical call.</summary>
    public static async Task<PartitionReply> RunAsync(IDatabaseAsync redis, PartitionCall call)
    {
        var reply = await redis.ScriptEvaluateAsync(Text, values: call.ToArguments(), flags: CommandFlags.DemandMaster);
        return PartitionReply.Read((byte[]?)reply ?? throw new RedisException("the script answered nothing"));
    }

    private static string Read()
    {
        using var stream = typeof(PartitionScript).Assembly.GetManifestResourceStream("partition.lua")
            ?? throw new InvalidOperationException("the build embeds partition.lua");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
