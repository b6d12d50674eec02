using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using StackExchange.Redis;

namespace HubServer.Fixtures.Resp;

/// <summary>
/// A connection for single commands in RESP2. Other than the client of the program it neither knows roles nor sends
/// anything of its own, nor anything twice.
/// </summary>
internal sealed class CommandConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private CommandConnection()
    {
    }

    /// <summary>Whether the server has not ended it.</summary>
    public bool IsOpen => !_socket.Poll(0, SelectMode.SelectRead) || _socket.Available > 0;

    public static async Task<CommandConnection> OpenAsync(int port, CancellationToken cancellationToken)
    {
        var connection = new CommandConnection();
        try
        {
            await connection._socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Sends a command and reads its reply; an error reply is thrown.</summary>
    public async Task<RedisResult> ExecuteAsync(string command, object[] arguments, CancellationToken cancellationToken)
    {
        using var text = new MemoryStream();
        Write(text, $"*{arguments.Length + 1}\r\n");
        foreach (var argument in (object[])[command, .. arguments])
        {
            var bytes = ToBytes(argument);
            Write(text, $"${bytes.Length}\r\n");
            text.Write(bytes);
            text.Write("\r\n"u8);
        }

        for (var rest = text.ToArray().AsMemory(); !rest.IsEmpty;)
            rest = rest[await _socket.SendAsync(rest, cancellationToken)..];
        return Decode(await ReadReplyAsync(cancellationToken));
    }

    public void Dispose() => _socket.Dispose();

    private static void Write(MemoryStream text, FormattableString part) => text.Write(Encoding.ASCII.GetBytes(FormattableString.Invariant(part)));

    private static byte[] ToBytes(object argument) => argument switch
    {
        byte[] bytes => bytes,
        RedisValue value => (byte[]?)value ?? [],
        IFormattable number => Encoding.UTF8.GetBytes(number.ToString(null, CultureInfo.InvariantCulture)),
        _ => Encoding.UTF8.GetBytes(argument.ToString() ?? ""),
    };

    private async Task<byte[]> ReadReplyAsync(CancellationToken cancellationToken)
    {
        var scanner = new RespScanner();
        using var reply = new MemoryStream();
        var buffer = new byte[16 << 10];
        while (true)
        {
            var count = await _socket.ReceiveAsync(buffer, cancellationToken);
            if (count == 0)
                throw new IOException("the server ended the connection instead of a reply");
            reply.Write(buffer.AsSpan(0, count));
            scanner.Read(buffer.AsSpan(0, count), out var isEnd);
            if (scanner.IsLost)
                throw new IOException("the server's reply is no RESP");
            if (isEnd)
                return reply.ToArray();
        }
    }

    private static RedisResult Decode(byte[] reply)
    {
        var rest = new ReadOnlySpan<byte>(reply);
        return Decode(ref rest);
    }

    private static RedisResult Decode(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf("\r\n"u8);
        var (type, line) = ((char)rest[0], Encoding.UTF8.GetString(rest[1..end]));
        rest = rest[(end + 2)..];
        switch (type)
        {
            case '-':
                throw new RedisServerException(RedisErrorKind.Unknown, CommandFlags.None, line);
            case '+':
                return RedisResult.Create(line, ResultType.SimpleString);
            case ':':
                return RedisResult.Create(Number(line), ResultType.Integer);
            case '$' when Number(line) < 0:
                return RedisResult.Create(RedisValue.Null);
            case '$':
                var content = rest[..(int)Number(line)].ToArray();
                rest = rest[(content.Length + 2)..];
                return RedisResult.Create(content, ResultType.BulkString);
            default:
                var items = new RedisResult[Math.Max(0, Number(line))];
                for (var i = 0; i < items.Length; i++)
                    items[i] = Decode(ref rest);
                return RedisResult.Create(items);
        }
    }

    private static long Number(string line) => long.Parse(line, CultureInfo.InvariantCulture);
}
