using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using MessagePack;

namespace HubServer.Protocol;

/// <summary>
/// The ordered fields of a channel. Immutable: a channel's schema grows by being replaced with one that has more
/// fields at its end. The first field of type time is the rows' time.
/// </summary>
public sealed class Schema
{
    /// <summary>The schema of a channel that does not exist yet.</summary>
    public static readonly Schema Empty = new([]);

    private readonly Dictionary<string, int> _byKey;

    /// <summary>Creates a schema.</summary>
    /// <exception cref="ProtocolException">Two fields have the same name and labels.</exception>
    public Schema(IReadOnlyList<Field> fields)
    {
        Fields = fields;
        TimeIndex = -1;
        _byKey = new Dictionary<string, int>(fields.Count, StringComparer.Ordinal);
        for (var i = 0; i < fields.Count; i++)
        {
            if (!_byKey.TryAdd(fields[i].Key, i))
                throw ProtocolException.BadRequest($"field '{fields[i].Key}' occurs twice; a field's name and labels are its identity");
            if (TimeIndex < 0 && fields[i].Type == FieldType.Time)
                TimeIndex = i;
        }

        Hash = fields.Count == 0 ? "" : ComputeHash(fields);
    }

    /// <summary>The fields, in order.</summary>
    public IReadOnlyList<Field> Fields { get; }

    /// <summary>The index of the rows' time, or -1 in the empty schema.</summary>
    public int TimeIndex { get; }

    /// <summary>
    /// 16 hexadecimal digits of the fields' content; empty for the empty schema. A content hash and not a counter:
    /// a counter would repeat with another meaning after a rollback of the backplane.
    /// </summary>
    public string Hash { get; }

    /// <summary>Finds a field by <see cref="Field.Key"/>.</summary>
    public bool TryFind(string key, [NotNullWhen(true)] out Field? field, out int index)
    {
        var found = _byKey.TryGetValue(key, out index);
        field = found ? Fields[index] : null;
        return found;
    }

    /// <summary>This schema with fields added at its end.</summary>
    public Schema With(IEnumerable<Field> added) => new([.. Fields, .. added]);

    /// <summary>The fields at the start that both have, with this one's units.</summary>
    public Schema CommonWith(Schema other)
    {
        var common = 0;
        while (common < Math.Min(Fields.Count, other.Fields.Count) && Fields[common].Key == other.Fields[common].Key && Fields[common].Type == other.Fields[common].Type)
            common++;
        return common == Fields.Count ? this : new Schema([.. Fields.Take(common)]);
    }

    private static string ComputeHash(IReadOnlyList<Field> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        foreach (var field in fields)
        {
            writer.Write(field.Name);
            writer.Write(field.Type.ToWire());
            writer.Write(field.Labels?.ToString());
            writer.Write(field.Unit);
        }

        writer.Flush();
        return Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan).AsSpan(0, 8));
    }
}
