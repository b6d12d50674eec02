using System.Buffers;
using HubServer.Fixtures.Resp;

namespace HubServer.Fixtures.Proxying;

/// <summary>
/// Lets the stream of a Redis server pass and does to its messages what was armed. It follows the stream from its first
/// byte, to know where values begin; only while something is armed it keeps a value back until it is whole.
/// </summary>
internal sealed class MessageFilter(MessageFaults faults)
{
    private readonly RespScanner _scanner = new();

    // The beginning of a value that is kept back.
    private readonly ArrayBufferWriter<byte> _value = new();
    private readonly List<(byte[] Value, PubSubMessage Message, MessageFault Fault)> _held = [];

    // Whether the beginning of the value that is being read has passed already; then its rest has to.
    private bool _isPassing;

    /// <summary>Takes what the server sent next and writes what the client gets for it.</summary>
    public void Filter(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        while (!bytes.IsEmpty)
        {
            var count = _scanner.Read(bytes, out var isEnd);
            Take(bytes[..count], isEnd, output);
            bytes = bytes[count..];
        }
    }

    /// <summary>Writes what was kept back, since nothing comes behind it any more.</summary>
    public void Finish(IBufferWriter<byte> output)
    {
        PassKept(output);
        foreach (var (value, _, fault) in _held)
        {
            output.Write(value);
            fault.Done.TrySetCanceled();
        }

        _held.Clear();
    }

    private void Take(ReadOnlySpan<byte> part, bool isEnd, IBufferWriter<byte> output)
    {
        if (_isPassing || _scanner.IsLost || !faults.AreArmed && _held.Count == 0)
        {
            PassKept(output);
            output.Write(part);
            _isPassing = !isEnd;
            return;
        }

        _value.Write(part);
        if (isEnd)
            PassWhole(output);
    }

    private void PassKept(IBufferWriter<byte> output)
    {
        output.Write(_value.WrittenSpan);
        _value.ResetWrittenCount();
    }

    private void PassWhole(IBufferWriter<byte> output)
    {
        var message = PubSubMessage.TryRead(_value.WrittenSpan);
        if (message is null)
        {
            PassKept(output);
            return;
        }

        var value = _value.WrittenSpan.ToArray();
        _value.ResetWrittenCount();
        var fault = faults.Take(message);
        if (fault?.Kind == MessageFaultKind.Hold)
        {
            _held.Add((value, message, fault));
            return;
        }

        if (fault?.Kind != MessageFaultKind.Drop)
            output.Write(value);
        if (fault?.Kind == MessageFaultKind.Duplicate)
            output.Write(value);
        if (fault is not null)
            faults.Complete(fault, message);
        if (fault?.Kind != MessageFaultKind.Drop)
            Release(message.Channel, output);
    }

    /// <summary>Lets those pass that waited for a message of their channel.</summary>
    private void Release(string channel, IBufferWriter<byte> output)
    {
        foreach (var (value, message, fault) in _held.Where(held => held.Message.Channel == channel))
        {
            output.Write(value);
            faults.Complete(fault, message);
        }

        _held.RemoveAll(held => held.Message.Channel == channel);
    }
}
