using System.Buffers;

namespace HubServer.LoadTest.Fanout;

/// <summary>
/// Publishes over one connection at moments that were fixed before, whether earlier rows were answered or not. A row's
/// stamp is when it was due, so that what holds up the publisher counts, too.
/// </summary>
internal sealed class RowPublisher : IAsyncDisposable
{
    private const double FirstMs = 5;

    private readonly IFanoutSystem _system;
    private readonly FanoutLoad _load;
    private readonly PublishForm _form;
    private readonly SocketLoop _loop;
    private readonly LoadSocket _socket;
    private readonly TailScanner _answers = new();

    private RowPublisher(IFanoutSystem system, FanoutLoad load, PublishForm form, SocketLoop loop)
    {
        _system = system;
        _load = load;
        _form = form;
        _loop = loop;
        _socket = new LoadSocket(system.PublisherOf(form), _answers, new Tally());
    }

    /// <summary>How late rows were sent.</summary>
    public Histogram Late { get; } = new();

    /// <summary>What it was answered last.</summary>
    public string LastAnswer => $"{_socket.Tally.Failure} {_answers.Last}";

    public static async Task<RowPublisher> StartAsync(IFanoutSystem system, FanoutLoad load, PublishForm form, SocketLoop loop, FanoutServer server)
    {
        var publisher = new RowPublisher(system, load, form, loop);
        var socket = publisher._socket;
        socket.Connect(server.PortOf(system.PublisherOf(form)));
        await loop.RunAsync(() =>
        {
            loop.Watch(socket);
            socket.Begin();
        });
        await Waiting.UntilAsync(() => socket.IsReady || socket.Tally.Closed > 0, "the publisher is connected");
        return publisher;
    }

    /// <summary>Publishes a row to each channel in every period, and returns how many rows that were.</summary>
    public Task<long> RunAsync(double periodMs, TimeSpan time)
    {
        var ticks = Math.Max(1, (int)(time.TotalMilliseconds / periodMs));
        var done = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                Run(periodMs, ticks);
                done.SetResult((long)ticks * _load.Channels);
            }
            catch (System.Net.Sockets.SocketException failure)
            {
                done.SetException(new InvalidOperationException($"the publisher failed: {LastAnswer}", failure));
            }
        })
        { IsBackground = true, Name = "publisher" }.Start();
        return done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await _loop.RunAsync(() => _loop.Forget(_socket));
        _socket.Dispose();
    }

    private void Run(double periodMs, int ticks)
    {
        var channels = _load.ChannelIds;
        var each = _form == PublishForm.AtOnce ? channels.Length : 1;
        var writes = channels.Length / each;
        var buffer = new ArrayBufferWriter<byte>();
        var start = Stamp.Now() + FirstMs;
        for (var write = 0; write < ticks * writes; write++)
        {
            var due = Stamp.Round(start + (write * periodMs / writes));
            Nap.Until(due);
            Late.Add(Stamp.Now() - due);
            buffer.ResetWrittenCount();
            _system.WriteRows(buffer, _form, channels.AsSpan(write % writes * each, each), due);
            _socket.Publish(buffer.WrittenSpan);
        }
    }
}
