using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json;
using HubServer.Core;
using HubServer.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace HubServer.AspNetCore.Hubs;

/// <summary>
/// A stock hub protocol that writes the items of queries by copying the bytes that their feed encoded once, behind
/// the few bytes that belong to one call. Everything else passes through, so every SignalR client works unchanged.
/// </summary>
/// <remarks>
/// JSON: <c>{"type":2,"invocationId":"7","item":</c>, the item, <c>}</c> and the record separator 0x1E.
/// MessagePack: a length prefix of 7 bits a byte, then <c>94 02 80</c> (an array of type 2, no headers), the
/// invocation id as a string, and the item. The specification is HubProtocol.md of ASP.NET Core.
/// </remarks>
internal sealed class SharedBytesHubProtocol(IHubProtocol inner, WireFormat format) : IHubProtocol
{
    private const byte RecordSeparator = 0x1E;

    // Ids up to this long are written without allocating.
    private const int MaxPlainId = 64;

    // A length, 94 02 80, and what stands before a string.
    private const int MaxHeadBytes = 5 + 3 + 5;

    private static readonly HashSet<string> Methods = new(StringComparer.OrdinalIgnoreCase)
    {
        nameof(ServerHub.Query), nameof(ServerHub.Publish), nameof(ServerHub.PublishStream), nameof(ServerHub.ListChannels),
    };

    public string Name => inner.Name;

    public int Version => inner.Version;

    public TransferFormat TransferFormat => inner.TransferFormat;

    public bool IsVersionSupported(int version) => inner.IsVersionSupported(version);

    public bool TryParseMessage(ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message)
    {
        var before = input;
        try
        {
            if (!inner.TryParseMessage(ref input, binder, out message))
                return false;
        }
        catch (Exception failure) when (format == WireFormat.Json && RefuseCall(before, failure) is { } refused)
        {
            input = before.Slice(before.GetPosition(1, EndOfMessage(before)));
            message = refused;
            return true;
        }

        message = message switch
        {
            InvocationBindingFailureMessage failure when Explain(failure) is { } error =>
                new InvocationBindingFailureMessage(failure.InvocationId, failure.Target, ExceptionDispatchInfo.Capture(new HubException(error.WireMessage))),
            StreamBindingFailureMessage failure when Find(failure.BindingFailure.SourceException) is { } error =>
                new StreamItemMessage(failure.Id, new PublishRequest { Batches = new UnreadableBatches(error) }),
            _ => message,
        };
        return true;
    }

    public void WriteMessage(HubMessage message, IBufferWriter<byte> output)
    {
        if (message is StreamItemMessage { Item: StreamItem item, InvocationId: { } invocationId })
            WriteItem(item.Bytes(format).Span, invocationId, output);
        else
            inner.WriteMessage(message, output);
    }

    public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message)
    {
        if (message is not StreamItemMessage { Item: StreamItem })
            return inner.GetMessageBytes(message);

        var buffer = new ArrayBufferWriter<byte>();
        WriteMessage(message, buffer);
        return buffer.WrittenMemory;
    }

    private void WriteItem(ReadOnlySpan<byte> item, string invocationId, IBufferWriter<byte> output)
    {
        if (format == WireFormat.Json)
            WriteJson(item, invocationId, output);
        else
            WriteMessagePack(item, invocationId, output);
    }

    private static void WriteJson(ReadOnlySpan<byte> item, string invocationId, IBufferWriter<byte> output)
    {
        // The client chose the id, so it is escaped like any text. Clients count, and digits need no escape and no memory.
        Span<byte> plain = stackalloc byte[MaxPlainId];
        scoped ReadOnlySpan<byte> id = invocationId.Length <= MaxPlainId && !invocationId.AsSpan().ContainsAnyExceptInRange('0', '9')
            ? plain[..Encoding.UTF8.GetBytes(invocationId, plain)]
            : JsonEncodedText.Encode(invocationId).EncodedUtf8Bytes;
        var prefix = "{\"type\":2,\"invocationId\":\""u8;
        var middle = "\",\"item\":"u8;
        var writer = new SliceWriter(output, prefix.Length + id.Length + middle.Length + item.Length + 2);
        writer.Write(prefix);
        writer.Write(id);
        writer.Write(middle);
        writer.Write(item);
        writer.Write([(byte)'}', RecordSeparator]);
    }

    private static void WriteMessagePack(ReadOnlySpan<byte> item, string invocationId, IBufferWriter<byte> output)
    {
        var idBytes = Encoding.UTF8.GetByteCount(invocationId);
        Span<byte> id = idBytes <= MaxPlainId ? stackalloc byte[MaxPlainId] : new byte[idBytes];
        id = id[..Encoding.UTF8.GetBytes(invocationId, id)];
        Span<byte> head = stackalloc byte[MaxHeadBytes];
        var at = 0;
        for (var length = (uint)(3 + StringHeadLength(id.Length) + id.Length + item.Length); ; length >>= 7)
        {
            head[at++] = (byte)(length < 0x80 ? length : (length & 0x7F) | 0x80);
            if (length < 0x80)
                break;
        }

        head[at++] = 0x94;
        head[at++] = 0x02;
        head[at++] = 0x80;
        at += WriteStringHead(head[at..], id.Length);

        var writer = new SliceWriter(output, at + id.Length + item.Length);
        writer.Write(head[..at]);
        writer.Write(id);
        writer.Write(item);
    }

    private static int StringHeadLength(int length) => length switch { < 32 => 1, < 256 => 2, < 65_536 => 3, _ => 5 };

    private static int WriteStringHead(Span<byte> span, int length)
    {
        switch (StringHeadLength(length))
        {
            case 1:
                span[0] = (byte)(MessagePack.MessagePackCode.MinFixStr | length);
                return 1;
            case 2:
                span[0] = MessagePack.MessagePackCode.Str8;
                span[1] = (byte)length;
                return 2;
            case 3:
                span[0] = MessagePack.MessagePackCode.Str16;
                System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)length);
                return 3;
            default:
                span[0] = MessagePack.MessagePackCode.Str32;
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)length);
                return 5;
        }
    }

    private static InvocationBindingFailureMessage? RefuseCall(ReadOnlySequence<byte> input, Exception failure)
    {
        var call = UnreadableCall.Find(input.Slice(0, EndOfMessage(input)), failure);
        return call is not null && Methods.Contains(call.Target) ? call : null;
    }

    private static SequencePosition EndOfMessage(ReadOnlySequence<byte> input) => input.PositionOf(RecordSeparator) ?? input.End;

    /// <summary>
    /// What is wrong with the arguments, so that it reaches the client, where SignalR would hide it. Null for the
    /// methods of other hubs, since the protocol serves all hubs of an application.
    /// </summary>
    private static ProtocolException? Explain(InvocationBindingFailureMessage failure)
    {
        var cause = failure.BindingFailure.SourceException;
        if (Find(cause) is { } known)
            return known;
        return Methods.Contains(failure.Target)
            ? ProtocolException.BadRequest($"the arguments of '{failure.Target}' cannot be read: {cause.GetBaseException().Message}")
            : null;
    }

    /// <summary>What a reader of ours said about a value; null where another failed.</summary>
    private static ProtocolException? Find(Exception? cause)
    {
        while (cause is not null and not ProtocolException)
            cause = cause.InnerException;
        return (ProtocolException?)cause;
    }
}
