using System.Buffers;
using System.Text;
using CsCheck;
using HubServer.Fixtures.Proxying;
using HubServer.Fixtures.Resp;

namespace HubServer.Redis.Tests.Fixtures;

/// <summary>The filter against the plainest statement of what it does to a stream.</summary>
public sealed class MessageFilterTests
{
    private static readonly Gen<string> Channel = Gen.OneOf("a", "b");

    // A value, a message (with its channel), or a fault that is armed before what follows.
    private static readonly Gen<(byte[]? Value, string? Channel, MessageFaultKind Fault)> Step = Gen.OneOf(
        RespGens.Value.Select(value => ((byte[]?)value, (string?)null, default(MessageFaultKind))),
        Gen.Select(Gen.OneOf('*', '>'), Channel, Gen.Int[0, 999]).Select(
            (type, channel, payload) => ((byte[]?)RespGens.Message(type, channel, $"{payload}\r\n"), (string?)channel, default(MessageFaultKind))),
        Gen.Select(Channel, Gen.Enum<MessageFaultKind>()).Select((channel, fault) => ((byte[]?)null, (string?)channel, fault)));

    [Fact]
    public void Filter_OfAnyStream_DoesWhatWasArmedToOneMessageEachAndNothingElse() =>
        Gen.Select(Step.Array[0, 25], Gen.Int[1, 30].Array[1, 30]).Sample(
            (steps, cuts) =>
            {
                var faults = new MessageFaults();
                var filter = new MessageFilter(faults);
                var output = new ArrayBufferWriter<byte>();
                var cut = 0;
                foreach (var (value, channel, fault) in steps)
                {
                    if (value is null)
                        faults.Arm(fault, message => message.Channel == channel);
                    else
                        cut = Feed(filter, value, cuts, cut, output);
                }

                filter.Finish(output);
                Assert.Equal(Expected(steps), output.WrittenSpan.ToArray());
            },
            iter: 5_000);

    [Fact]
    public void Filter_WhenArmedAmidAValue_PassesWholeValuesOnly() =>
        Gen.Select(Step.Array[0, 25], Gen.Int[1, 30].Array[1, 30]).Sample(
            (steps, cuts) =>
            {
                var faults = new MessageFaults();
                var filter = new MessageFilter(faults);
                var output = new ArrayBufferWriter<byte>();
                var cut = 0;
                foreach (var (value, channel, fault) in steps)
                {
                    if (value is null)
                        continue;
                    cut = Feed(filter, value.AsSpan(0, value.Length / 2), cuts, cut, output);
                    faults.Arm(fault, message => message.Channel == channel);
                    cut = Feed(filter, value.AsSpan(value.Length / 2), cuts, cut, output);
                }

                filter.Finish(output);
                var sent = steps.Where(step => step.Value is not null).Select(step => Encoding.Latin1.GetString(step.Value!)).ToHashSet();
                Assert.All(Values(output.WrittenSpan), value => Assert.Contains(value, sent));
            },
            iter: 5_000);

    [Fact]
    public void Filter_WhenArmedAmidAValueThatEndsLikeAMessage_LetsItPass()
    {
        var faults = new MessageFaults();
        var filter = new MessageFilter(faults);
        var output = new ArrayBufferWriter<byte>();
        var message = RespGens.Message('*', "a", "1");

        filter.Filter("*2\r\n:1\r\n"u8, output);
        faults.Arm(MessageFaultKind.Drop, _ => true);
        filter.Filter(message, output);

        Assert.Equal([.. "*2\r\n:1\r\n"u8, .. message], output.WrittenSpan.ToArray());
    }

    [Fact]
    public async Task Filter_WhenAConditionThrows_TellsTheTestAndLetsTheMessagePass()
    {
        var faults = new MessageFaults();
        var output = new ArrayBufferWriter<byte>();
        var dropped = faults.Arm(MessageFaultKind.Drop, _ => throw new InvalidOperationException("a test's mistake"));
        var message = RespGens.Message('>', "a", "1");

        new MessageFilter(faults).Filter(message, output);

        Assert.Equal(message, output.WrittenSpan.ToArray());
        await Assert.ThrowsAsync<InvalidOperationException>(() => dropped);
        Assert.Equal(0, faults.Dropped);
    }

    [Fact]
    public async Task Finish_WhenAMessageIsStillHeld_SendsItAndCancels()
    {
        var faults = new MessageFaults();
        var filter = new MessageFilter(faults);
        var output = new ArrayBufferWriter<byte>();
        var held = faults.Arm(MessageFaultKind.Hold, _ => true);
        var message = RespGens.Message('>', "a", "1");
        filter.Filter(message, output);
        filter.Filter("+OK\r\n$5\r\nhe"u8, output);
        var before = output.WrittenSpan.ToArray();
        filter.Finish(output);

        Assert.Equal("+OK\r\n"u8.ToArray(), before);
        Assert.Equal([.. "+OK\r\n$5\r\nhe"u8, .. message], output.WrittenSpan.ToArray());
        await Assert.ThrowsAsync<TaskCanceledException>(() => held);
    }

    private static int Feed(MessageFilter filter, ReadOnlySpan<byte> bytes, int[] cuts, int cut, ArrayBufferWriter<byte> output)
    {
        for (; !bytes.IsEmpty; cut++)
        {
            var count = Math.Min(cuts[cut % cuts.Length], bytes.Length);
            filter.Filter(bytes[..count], output);
            bytes = bytes[count..];
        }

        return cut;
    }

    private static byte[] Expected((byte[]? Value, string? Channel, MessageFaultKind Fault)[] steps)
    {
        var armed = new List<(string? Channel, MessageFaultKind Fault)>();
        var held = new List<(string? Channel, byte[] Value)>();
        var output = new List<byte>();
        foreach (var (value, channel, fault) in steps)
        {
            if (value is null)
            {
                armed.Add((channel, fault));
                continue;
            }

            var found = channel is null ? -1 : armed.FindIndex(one => one.Channel == channel);
            var happens = found < 0 ? (MessageFaultKind?)null : armed[found].Fault;
            if (found >= 0)
                armed.RemoveAt(found);
            if (happens == MessageFaultKind.Hold)
                held.Add((channel, value));
            if (happens is MessageFaultKind.Hold or MessageFaultKind.Drop)
                continue;
            output.AddRange(value);
            if (happens == MessageFaultKind.Duplicate)
                output.AddRange(value);
            if (channel is null)
                continue;
            output.AddRange(held.Where(one => one.Channel == channel).SelectMany(one => one.Value));
            held.RemoveAll(one => one.Channel == channel);
        }

        return [.. output, .. held.SelectMany(one => one.Value)];
    }

    private static List<string> Values(ReadOnlySpan<byte> stream)
    {
        var scanner = new RespScanner();
        var values = new List<string>();
        while (!stream.IsEmpty)
        {
            var count = scanner.Read(stream, out var isEnd);
            Assert.True(isEnd);
            values.Add(Encoding.Latin1.GetString(stream[..count]));
            stream = stream[count..];
        }

        return values;
    }
}
