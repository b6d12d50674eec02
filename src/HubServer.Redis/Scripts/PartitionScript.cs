using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace HubServer.Redis;

/// <summary>Runs <c>partition.lua</c>, the one script by which a node reads and writes a partition's state.</summary>
internal static class PartitionScript
{
    public static readonly string Text = Read();
    private static readonly byte[] Hash = HashOf(Text);

    /// <summary>Runs the call's operations in one step. A reply that was lost is had again by running the identical call.</summary>
    public static async Task<PartitionReply> RunAsync(IDatabaseAsync redis, PartitionCall call)
    {
        var reply = await EvaluateAsync(redis, call.ToArguments());
        return PartitionReply.Read((byte[]?)reply ?? throw new RedisException("the script answered nothing"));
    }

    /// <summary>By its hash: given the text, the client looks its hash up by all of its characters, for each call.</summary>
    private static async Task<RedisResult> EvaluateAsync(IDatabaseAsync redis, RedisValue[] arguments)
    {
        try
        {
            return await redis.ScriptEvaluateAsync(Hash, values: arguments, flags: CommandFlags.DemandMaster);
        }
        catch (RedisServerException unknown) when (unknown.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // A server that is new, or started again, does not know it and did nothing; the text makes it known.
            return await redis.ScriptEvaluateAsync(Text, values: arguments, flags: CommandFlags.DemandMaster);
        }
    }

    [SuppressMessage("Security", "CA5350", Justification = "Redis names scripts by it.")]
    private static byte[] HashOf(string text) => SHA1.HashData(Encoding.UTF8.GetBytes(text));

    private static string Read()
    {
        using var stream = typeof(PartitionScript).Assembly.GetManifestResourceStream("partition.lua")
            ?? throw new InvalidOperationException("the build embeds partition.lua");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
