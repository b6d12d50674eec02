using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using MessagePack;

namespace HubServer.Protocol;

/// <summary>
/// Writes one value in either wire format. Maps and arrays say their size first, since MessagePack needs it there.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Flush ends the JSON writer; disposing it would only flush again.")]
public ref struct WireWriter
{
    /// <summary>JSON as SignalR writes it: only what JSON itself requires is escaped.</summary>
    public static readonly JsonWriterOptions JsonOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly Utf8JsonWriter? _json;
    private MessagePackWriter _pack;

    /// <summary>Writes JSON.</summary>
    public WireWriter(Utf8JsonWriter json) => _json = json;

    /// <summary>Writes MessagePack.</summary>
    public WireWriter(MessagePackWriter pack) => _pack = pack;

    /// <summary>Writes in a format to a buffer; <see cref="Flush"/> ends it.</summary>
    public WireWriter(WireFormat format, IBufferWriter<byte> buffer)
    {
        if (format == WireFormat.Json)
            _json = new Utf8JsonWriter(buffer, JsonOptions);
        else
            _pack = new MessagePackWriter(buffer);
    }

    /// <summary>The format.</summary>
    public readonly WireFormat Format => _json is null ? WireFormat.MessagePack : WireFormat.Json;

    /// <summary>The MessagePack writer as it stands now.</summary>
    public readonly MessagePackWriter Pack => _pack;

    /// <summary>A whole message as bytes.</summary>
    public static byte[] ToBytes<T>(WireFormat format, T message)
        where T : IWireType<T>
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        var writer = new WireWriter(format, buffer);
        message.Write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Hands the last bytes to the buffer.</summary>
    public void Flush()
    {
        if (_json is null)
            _pack.Flush();
        else
            _json.Flush();
    }

    /// <summary>Opens a map of so many keys.</summary>
    public void BeginMap(int count)
    {
        if (_json is null)
            _pack.WriteMapHeader(count);
        else
            _json.WriteStartObject();
    }

    /// <summary>Closes a map.</summary>
    public readonly void EndMap() => _json?.WriteEndObject();

    /// <summary>Opens an array of so many elements.</summary>
    public void BeginArray(int count)
    {
        if (_json is null)
            _pack.WriteArrayHeader(count);
        else
            _json.WriteStartArray();
    }

    /// <summary>Closes an array.</summary>
    public readonly void EndArray() => _json?.WriteEndArray();

    /// <summary>A key.</summary>
    public void Key(string key)
    {
        if (_json is null)
            _pack.Write(key);
        else
            _json.WritePropertyName(key);
    }

    /// <summary>A text.</summary>
    public void String(string value)
    {
        if (_json is null)
            _pack.Write(value);
        else
            _json.WriteStringValue(value);
    }

    /// <summary>A number; in JSON it must be finite.</summary>
    public void Number(double value)
    {
        if (_json is null)
            _pack.Write(value);
        else
            _json.WriteNumberValue(value);
    }

    /// <summary>A whole number.</summary>
    public void Integer(long value)
    {
        if (_json is null)
            _pack.Write(value);
        else
            _json.WriteNumberValue(value);
    }

    /// <summary>True or false.</summary>
    public void Boolean(bool value)
    {
        if (_json is null)
            _pack.Write(value);
        else
            _json.WriteBooleanValue(value);
    }

    /// <summary>Null.</summary>
    public void Null()
    {
        if (_json is null)
            _pack.WriteNil();
        else
            _json.WriteNullValue();
    }

    /// <summary>Bytes; MessagePack only.</summary>
    public void Binary(ReadOnlySpan<byte> bytes) => _pack.Write(bytes);

    /// <summary>One value that was encoded before, in this writer's format.</summary>
    public void Raw(ReadOnlySpan<byte> encoded)
    {
        if (_json is null)
            _pack.WriteRaw(encoded);
        else
            _json.WriteRawValue(encoded, skipInputValidation: true);
    }

    /// <summary>A key and a text.</summary>
    public void Write(string key, string value)
    {
        Key(key);
        String(value);
    }

    /// <summary>A key and a whole number.</summary>
    public void Write(string key, long value)
    {
        Key(key);
        Integer(value);
    }

    /// <summary>A key and a number; in JSON it must be finite.</summary>
    public void Write(string key, double value)
    {
        Key(key);
        Number(value);
    }

    /// <summary>A key and a boolean.</summary>
    public void Write(string key, bool value)
    {
        Key(key);
        Boolean(value);
    }

    /// <summary>A key and a list of messages.</summary>
    public void Write<T>(string key, IReadOnlyList<T> messages)
        where T : IWireType<T>
    {
        Key(key);
        BeginArray(messages.Count);
        foreach (var message in messages)
            message.Write(ref this);
        EndArray();
    }
}
