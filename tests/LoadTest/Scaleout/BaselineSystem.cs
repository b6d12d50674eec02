using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using HubServer.LoadTest.Baseline;
using MessagePack;
using MessagePack.Resolvers;

namespace HubServer.LoadTest.Scaleout;

/// <summary>SignalR with its own Redis backplane and a group for each channel.</summary>
internal sealed class BaselineSystem(BaselineForm form) : IScaleoutSystem
{
    private const int Invocation = 1;
    private const int Completion = 3;
    private const int JoinAtOnce = 500;

    public string Name => $"signalr, {form.ToString().ToLowerInvariant()}";

    public string ReadyPath => "/readyz";

    public ProcessStartInfo NodeOf(int number, int port, int redisPort, Load load) =>
        new("dotnet", [Paths.Self, BaselineNode.Command, "--urls", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"), "--redis", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{redisPort}")])
        {
            // As programs of the web SDK have it.
            Environment = { ["DOTNET_gcServer"] = "1" },
        };

    public byte[] Publish(string invocationId, Load load, int[] channels) => form switch
    {
        BaselineForm.Columns => HubSocket.Call(Invocation, invocationId, nameof(BackplaneHub.PublishColumns), Serialize(channels.Select(channel => ColumnsOf(load, channel)))),
        BaselineForm.Objects => HubSocket.Call(Invocation, invocationId, nameof(BackplaneHub.PublishObjects), Serialize(channels.Select(channel => ObjectsOf(load, channel)))),
        _ => HubSocket.Call(Invocation, invocationId, nameof(BackplaneHub.PublishMessages), Serialize(channels.Select(channel => ObjectsOf(load, channel)))),
    };

    public int ReadTaken(ref MessagePackReader result, int rows) =>
        result.ReadInt32() == rows ? rows : throw new InvalidOperationException($"not all of {rows} rows were taken");

    public IEnumerable<byte[]> Subscribe(Load load, int intervalMs) =>
        Enumerable.Range(0, load.Channels).Chunk(JoinAtOnce).Select(some => HubSocket.Call(Invocation, "j", nameof(BackplaneHub.Join), Serialize(some.Select(load.ChannelId))));

    public void ReadMessage(ReadOnlyMemory<byte> message, Subscriber subscriber)
    {
        var reader = new MessagePackReader(message);
        reader.ReadArrayHeader();
        switch (reader.ReadInt32())
        {
            case Completion:
                subscriber.OnAnswer();
                break;
            case Invocation:
                reader.Skip();
                reader.Skip();
                reader.Skip();
                reader.ReadArrayHeader();
                reader.Skip();
                ReadRows(ref reader, subscriber);
                break;
        }
    }

    private void ReadRows(ref MessagePackReader reader, Subscriber subscriber)
    {
        if (form == BaselineForm.Messages)
        {
            subscriber.OnRows(1);
            return;
        }

        var elements = reader.ReadArrayHeader();
        if (form == BaselineForm.Objects)
        {
            subscriber.OnRows(elements);
            return;
        }

        for (; elements > 1; elements--)
            reader.Skip();
        if (reader.ReadBytes() is not { } stamps)
            return;
        subscriber.OnStamps(stamps);
        subscriber.OnRows((int)stamps.Length / sizeof(double));
    }

    private static byte[] Serialize<T>(IEnumerable<T> values) =>
        MessagePackSerializer.Serialize(values.ToArray(), ContractlessStandardResolver.Options);

    private static ColumnsBatch ColumnsOf(Load load, int channel) => new()
    {
        Channel = load.ChannelId(channel),
        Columns = [.. load.ColumnsOf(channel).Select(static values => MemoryMarshal.AsBytes(values.AsSpan()).ToArray())],
    };

    private static ObjectsBatch ObjectsOf(Load load, int channel)
    {
        var columns = load.ColumnsOf(channel);
        return new ObjectsBatch
        {
            Channel = load.ChannelId(channel),
            Rows = [.. Enumerable.Range(0, load.BlockRows).Select(row => new BaselineRow { Time = columns[0][row], Value = columns[1][row], Stamp = columns[2][row] })],
        };
    }
}
