using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using MessagePack;

namespace HubServer.Protocol;

/// <summary>
/// Reads one value in either wire format, so that each message of the contract has one reader. It stands on the
/// value to read next; reading a scalar, a whole map or a whole array moves past it. Errors name the path.
/// </summary>
public ref struct WireReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly bool _isJson;
    private readonly WirePath _path = new();
    private Utf8JsonReader _json;
    private MessagePackReader _pack;

    /// <summary>Reads JSON; the reader stands on the value's first token.</summary>
    public WireReader(Utf8JsonReader json)
    {
        _isJson = true;
        _json = json;
        if (json.TokenType == JsonTokenType.None)
            _json.Read();
    }

    /// <summary>Reads MessagePack; the reader stands before the value.</summary>
    public WireReader(MessagePackReader pack) => _pack = pack;

    /// <summary>The JSON reader as it stands now.</summary>
    public readonly Utf8JsonReader Json => _json;

    /// <summary>The MessagePack reader as it stands now.</summary>
    public readonly MessagePackReader Pack => _pack;

    /// <summary>Reads a whole message of a type from bytes.</summary>
    /// <exception cref="ProtocolException">The bytes are not such a message.</exception>
    public static T Read<T>(WireFormat format, ReadOnlyMemory<byte> bytes)
        where T : IWireType<T>
    {
        try
        {
            var reader = format == WireFormat.Json
                ? new WireReader(new Utf8JsonReader(bytes.Span))
                : new WireReader(new MessagePackReader(bytes));
            var message = reader.ReadMessage<T>();
            reader.RequireEnd();
            return message;
        }
        catch (Exception malformed) when (IsMalformed(malformed))
        {
            throw ProtocolException.BadRequest(MalformedText(format == WireFormat.Json, malformed));
        }
    }

    /// <summary>Reads a message that may stand within other bytes, and gives every error its code and place.</summary>
    /// <exception cref="ProtocolException">The value is not such a message.</exception>
    public T ReadMessage<T>()
        where T : IWireType<T>
    {
        try
        {
            return T.Read(ref this);
        }
        catch (ProtocolException unplaced) when (!unplaced.NamesPlace)
        {
            // What checks itself once it is whole (rows, labels, ids, schemas) does not know where it stood; we still do.
            throw Placed(unplaced.Code, unplaced.Message);
        }
        catch (Exception malformed) when (IsMalformed(malformed))
        {
            throw Error(MalformedText(_isJson, malformed));
        }
    }

    /// <summary>
    /// Whether an exception means that the bytes are no JSON or MessagePack at all. MessagePack's reader takes a
    /// length of 2^31 or more for a negative one, and answers with an ArgumentOutOfRangeException.
    /// </summary>
    public static bool IsMalformed(Exception exception) =>
        exception is JsonException or MessagePackSerializationException or EndOfStreamException or InvalidOperationException
            or FormatException or OverflowException or DecoderFallbackException or ArgumentOutOfRangeException;

    /// <summary>What the value is.</summary>
    public readonly WireToken Token => _isJson ? JsonToken : PackToken;

    /// <summary>An error at this place.</summary>
    public readonly ProtocolException Error(string what) => Placed(ErrorCode.BadRequest, what);

    /// <summary>Enters a map.</summary>
    public WireScope BeginMap()
    {
        Require(WireToken.Map, "an object");
        _path.Push();
        return new WireScope { Remaining = _isJson ? 0 : _pack.ReadMapHeader() };
    }

    /// <summary>Moves to the next key's value; false at the map's end, which leaves it.</summary>
    public bool NextKey(ref WireScope scope, [NotNullWhen(true)] out string? key)
    {
        key = _isJson ? NextJsonKey() : NextPackKey(ref scope);
        if (key is null)
            _path.Pop();
        else
            _path.At(key);
        return key is not null;
    }

    /// <summary>Enters an array.</summary>
    public WireScope BeginArray()
    {
        Require(WireToken.Array, "an array");
        _path.Push();
        return new WireScope { Remaining = _isJson ? 0 : _pack.ReadArrayHeader() };
    }

    /// <summary>Moves to the next element; false at the array's end, which leaves it.</summary>
    public bool NextElement(ref WireScope scope)
    {
        bool more;
        if (_isJson)
        {
            ReadJson();
            more = _json.TokenType != JsonTokenType.EndArray;
        }
        else
        {
            more = scope.Remaining-- > 0;
        }

        if (more)
            _path.At(scope.Index++);
        else
            _path.Pop();
        return more;
    }

    /// <summary>Reads a text.</summary>
    public string ReadString()
    {
        Require(WireToken.String, "a string");
        return _isJson ? _json.GetString() ?? "" : ReadPackString();
    }

    /// <summary>Reads a text or null.</summary>
    public string? ReadStringOrNull() => TryReadNull() ? null : ReadString();

    /// <summary>Reads a finite number.</summary>
    public double ReadNumber()
    {
        var number = ReadColumnNumber();
        if (!double.IsFinite(number))
            throw Error("NaN and infinities are values of columns only");
        return number;
    }

    /// <summary>Reads a number of a column: MessagePack's may be NaN, infinite or null's NaN, JSON has no words for those.</summary>
    internal double ReadColumnNumber()
    {
        Require(WireToken.Number, "a number");
        if (!_isJson)
            return _pack.ReadDouble();

        var number = _json.GetDouble();
        if (!double.IsFinite(number))
            throw Error("the number does not fit a float64; NaN and infinities are written in entities");
        return number;
    }

    /// <summary>Reads a number or null.</summary>
    public double? ReadNumberOrNull() => TryReadNull() ? null : ReadNumber();

    /// <summary>Reads a whole number of at most 2^53, in either format's integer or floating-point form.</summary>
    public long ReadInteger()
    {
        var number = ReadNumber();
        if (number != Math.Floor(number) || Math.Abs(number) > 1L << 53)
            throw Error($"{number:R} is not a whole number between -2^53 and 2^53");
        return (long)number;
    }

    /// <summary>Reads a whole number or null.</summary>
    public long? ReadIntegerOrNull() => TryReadNull() ? null : ReadInteger();

    /// <summary>Reads a whole number from 0 to 2^31-1, or null.</summary>
    public int? ReadCountOrNull()
    {
        if (ReadIntegerOrNull() is not { } number)
            return null;
        if (number is < 0 or > int.MaxValue)
            throw Error($"{number} is out of range; it is 0 or more");
        return (int)number;
    }

    /// <summary>Reads a boolean.</summary>
    public bool ReadBoolean()
    {
        Require(WireToken.Boolean, "true or false");
        return _isJson ? _json.GetBoolean() : _pack.ReadBoolean();
    }

    /// <summary>Reads bytes (MessagePack only).</summary>
    public ReadOnlySequence<byte> ReadBinary()
    {
        Require(WireToken.Binary, "bytes");
        return _pack.ReadBytes() ?? default;
    }

    /// <summary>Passes over a null; false, without moving, where the value is something else.</summary>
    public bool TryReadNull()
    {
        if (Token != WireToken.Null)
            return false;
        if (!_isJson)
            _pack.ReadNil();
        return true;
    }

    /// <summary>Passes over the value, whatever it is.</summary>
    public void Skip()
    {
        // Skip itself throws where more bytes may follow the buffer, as in a stream, even if the whole value is in it.
        if (_isJson)
            RequireMore(_json.TrySkip());
        else
            SkipPack();
    }

    /// <summary>Reads a list of values of a type.</summary>
    public List<T> ReadList<T>(ElementReader<T> read)
    {
        var list = new List<T>();
        var scope = BeginArray();
        while (NextElement(ref scope))
            list.Add(read(ref this));
        return list;
    }

    /// <summary>Reads one element of a list.</summary>
    public delegate T ElementReader<T>(ref WireReader reader);

    /// <summary>
    /// MessagePack's own Skip takes an array of 2^31 elements or more for an empty one, and goes on inside it.
    /// </summary>
    private void SkipPack()
    {
        for (long values = 1; values > 0; values--)
        {
            switch (PackToken)
            {
                case WireToken.Array: values += _pack.ReadArrayHeader(); break;
                case WireToken.Map: values += 2L * _pack.ReadMapHeader(); break;
                default: _pack.Skip(); break;
            }
        }
    }

    private readonly WireToken JsonToken => _json.TokenType switch
    {
        JsonTokenType.Null => WireToken.Null,
        JsonTokenType.True or JsonTokenType.False => WireToken.Boolean,
        JsonTokenType.Number => WireToken.Number,
        JsonTokenType.String => WireToken.String,
        JsonTokenType.StartObject => WireToken.Map,
        JsonTokenType.StartArray => WireToken.Array,
        _ => WireToken.Other,
    };

    private readonly WireToken PackToken => _pack.NextMessagePackType switch
    {
        MessagePackType.Nil => WireToken.Null,
        MessagePackType.Boolean => WireToken.Boolean,
        MessagePackType.Integer or MessagePackType.Float => WireToken.Number,
        MessagePackType.String => WireToken.String,
        MessagePackType.Map => WireToken.Map,
        MessagePackType.Array => WireToken.Array,
        MessagePackType.Binary => WireToken.Binary,
        _ => WireToken.Other,
    };

    private readonly ProtocolException Placed(string code, string what)
    {
        var path = _path.ToString();
        return new ProtocolException(code, path.Length == 0 ? what : $"{path}: {what}") { NamesPlace = true };
    }

    private static string MalformedText(bool isJson, Exception malformed) =>
        $"the {(isJson ? "JSON" : "MessagePack")} is malformed: {malformed.Message}";

    private void RequireEnd()
    {
        if (_isJson ? _json.Read() : !_pack.End)
            throw Error("nothing may follow the message");
    }

    private readonly void Require(WireToken token, string name)
    {
        if (Token != token)
            throw Error($"expected {name}, found {Describe(Token)}");
    }

    private static string Describe(WireToken token) => token switch
    {
        WireToken.Null => "null",
        WireToken.Boolean => "a boolean",
        WireToken.Number => "a number",
        WireToken.String => "a string",
        WireToken.Map => "an object",
        WireToken.Array => "an array",
        WireToken.Binary => "bytes",
        _ => "something else",
    };

    private string? NextJsonKey()
    {
        ReadJson();
        if (_json.TokenType == JsonTokenType.EndObject)
            return null;
        var key = _json.GetString();
        ReadJson();
        return key;
    }

    private string? NextPackKey(ref WireScope scope)
    {
        if (scope.Remaining-- <= 0)
            return null;
        if (PackToken != WireToken.String)
            throw Error($"a key is a string, found {Describe(PackToken)}");
        return ReadPackString();
    }

    /// <summary>
    /// MessagePack's own reader puts U+FFFD where the bytes are no UTF-8, so that two different names would become one.
    /// </summary>
    private string ReadPackString() => _pack.TryReadStringSpan(out var bytes)
        ? StrictUtf8.GetString(bytes)
        : StrictUtf8.GetString(_pack.ReadStringSequence() ?? default);

    private void ReadJson() => RequireMore(_json.Read());

    private readonly void RequireMore(bool isThere)
    {
        if (!isThere)
            throw Error("the JSON ends too early");
    }
}
