namespace HubServer.Fixtures.Resp;

/// <summary>
/// Finds where the values of a Redis server's stream end (RESP2 and RESP3), wherever the stream was cut when it was read.
/// It keeps no bytes. What is no RESP, e.g. HTTP or a replica's snapshot, makes it lost: from there on it finds nothing.
/// <code>
/// +OK\r\n   -ERR no\r\n   :1\r\n   _\r\n   ,1.5\r\n   #t\r\n   (12345\r\n     a line
/// $5\r\nhello\r\n   !3\r\nERR\r\n   =7\r\ntxt:abc\r\n   $-1\r\n             so many bytes; none
/// *2\r\n...   ~2\r\n...   >3\r\n...   %1\r\n... ...   *-1\r\n               so many values, or pairs of them; none
/// |1\r\n... ... then a value                                              an attribute belongs to the value behind it
/// </code>
/// </summary>
internal sealed class RespScanner
{
    private const int MaxDepth = 1_000;

    // How many values are still to come in each aggregate that is open, the outermost first.
    private readonly Stack<(long Left, bool IsAttribute)> _open = new();

    // The type of the value whose line is being read; 0 before its first byte.
    private byte _type;
    private bool _isLineEnding;
    private long _number;
    private int _digits;
    private bool _isNegative;

    // What is left of a string with a length, its line end included; 0 outside of one.
    private long _payload;

    /// <summary>Whether the stream turned out to be no RESP.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Reads on, at most to the end of a value.</summary>
    /// <param name="bytes">What has come behind what was read before.</param>
    /// <param name="isEnd">Whether a value ends with the bytes that were read.</param>
    /// <returns>How many bytes were read: all, where no value ends in them.</returns>
    public int Read(ReadOnlySpan<byte> bytes, out bool isEnd)
    {
        isEnd = false;
        var at = 0;
        while (at < bytes.Length && !isEnd && !IsLost)
        {
            if (_payload > 2)
            {
                var count = (int)Math.Min(_payload - 2, bytes.Length - at);
                _payload -= count;
                at += count;
                continue;
            }

            var next = bytes[at++];
            isEnd = _payload > 0 ? EndPayload(next) : _type == 0 ? Begin(next) : ReadLine(next);
        }

        return IsLost ? bytes.Length : at;
    }

    /// <summary>A string's line end, which nothing but the length tells from its content.</summary>
    private bool EndPayload(byte next)
    {
        if (next != (_payload == 2 ? '\r' : '\n'))
            return Lose();
        return --_payload == 0 && EndValue();
    }

    private bool Begin(byte type)
    {
        if (!"+-:_,#($!=*~>%|"u8.Contains(type))
            return Lose();
        _type = type;
        (_number, _digits, _isNegative) = (0, 0, false);
        return false;
    }

    private bool ReadLine(byte next)
    {
        if (_isLineEnding)
        {
            _isLineEnding = false;
            return next == '\n' ? EndLine() : Lose();
        }

        if (next == '\r')
        {
            _isLineEnding = true;
            return false;
        }

        return "$!=*~>%|"u8.Contains(_type) ? ReadDigit(next) : next == '\n' && Lose();
    }

    private bool ReadDigit(byte next)
    {
        if (next == '-' && _digits == 0 && !_isNegative)
        {
            _isNegative = true;
            return false;
        }

        _number = 10 * _number + (next - '0');
        _digits++;
        return (next is < (byte)'0' or > (byte)'9' || _number > int.MaxValue) && Lose();
    }

    private bool EndLine()
    {
        var type = _type;
        _type = 0;
        if ("+-:_,#("u8.Contains(type))
            return EndValue();
        if (_digits == 0 || _isNegative && (_number != 1 || type is not ((byte)'$' or (byte)'*')))
            return Lose();
        if (_isNegative)
            return EndValue();
        if ("$!="u8.Contains(type))
        {
            _payload = _number + 2;
            return false;
        }

        return Open(type);
    }

    private bool Open(byte type)
    {
        var isAttribute = type == '|';
        var count = isAttribute || type == '%' ? 2 * _number : _number;
        if (count == 0)
            return !isAttribute && EndValue();
        if (_open.Count == MaxDepth)
            return Lose();
        _open.Push((count, isAttribute));
        return false;
    }

    /// <summary>Counts a value that ended, and those that end with it.</summary>
    /// <returns>Whether the outermost one has ended.</returns>
    private bool EndValue()
    {
        while (_open.TryPop(out var innermost))
        {
            if (innermost.Left > 1)
            {
                _open.Push((innermost.Left - 1, innermost.IsAttribute));
                return false;
            }

            // The value that an attribute belongs to is still to come.
            if (innermost.IsAttribute)
                return false;
        }

        return true;
    }

    private bool Lose()
    {
        IsLost = true;
        return false;
    }
}
