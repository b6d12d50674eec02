using System.Collections.Concurrent;
using HubServer.Protocol;
using StackExchange.Redis;

namespace HubServer.Redis;

/// <summary>The schemas of one partition's channels by their content hash, as this node has seen them and as Redis keeps them.</summary>
internal sealed class SchemaCache(RedisConnection connection, string prefix)
{
    private readonly ConcurrentDictionary<string, Schema> _schemas = new(StringComparer.Ordinal) { [""] = Schema.Empty };

    /// <summary>A schema that was seen before; null for another.</summary>
    public Schema? Find(string hash) => _schemas.GetValueOrDefault(hash);

    /// <summary>The same schema, as it was seen first, so that equal ones are one.</summary>
    public Schema Add(Schema schema) => _schemas.GetOrAdd(schema.Hash, schema);

    /// <summary>Adds the one that a text holds, if any.</summary>
    public void Add(ReadOnlyMemory<byte> text)
    {
        if (SchemaText.ReadSchema(text) is { } schema)
            Add(schema);
    }

    /// <summary>The schema of a hash; null where nobody has its text any more.</summary>
    public async ValueTask<Schema?> GetAsync(string hash)
    {
        if (Find(hash) is { } known)
            return known;
        Add((byte[]?)(await ReadTextsAsync([hash]))[0] ?? []);
        return Find(hash);
    }

    /// <summary>Sees to it that these are known here where Redis has them, and known to Redis where only this node has them.</summary>
    public async Task ExchangeAsync(IReadOnlyCollection<string> hashes)
    {
        var wanted = hashes.Where(static hash => hash.Length > 0).Distinct(StringComparer.Ordinal).ToArray();
        foreach (var some in wanted.Chunk(1_000))
        {
            var texts = await ReadTextsAsync([.. some.Select(static hash => (RedisValue)hash)]);
            for (var i = 0; i < some.Length; i++)
            {
                if (SchemaText.ReadSchema((byte[]?)texts[i] ?? []) is { } read && read.Hash == some[i])
                    Add(read);
                else if (Find(some[i]) is { } schema)
                    await connection.Database.HashSetAsync($"{prefix}s", some[i], SchemaText.Of(schema), flags: CommandFlags.DemandMaster);
            }
        }
    }

    /// <summary>The texts; none where the key is no hash. That one goes, as in the script: nobody could ever write there again.</summary>
    private async Task<RedisValue[]> ReadTextsAsync(RedisValue[] hashes)
    {
        var key = $"{prefix}s";
        try
        {
            return await connection.Database.HashGetAsync(key, hashes, CommandFlags.DemandMaster);
        }
        catch (RedisServerException failure) when (RedisFailures.IsWrongType(failure))
        {
            await connection.Database.KeyDeleteAsync(key, CommandFlags.DemandMaster);
            return await connection.Database.HashGetAsync(key, hashes, CommandFlags.DemandMaster);
        }
    }
}
