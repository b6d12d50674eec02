using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>A client that joins, stalls, leaves and comes back with its positions.</summary>
internal sealed class SubscriberActor
{
    private readonly World _world;
    private readonly int _number;
    private readonly Random _random;
    private readonly RequestMaker _requests;
    private readonly (SelectorChoice Selector, Target Target)[] _targets;
    private readonly int _stallsOneIn;
    private readonly int _stallsUntil;
    private readonly WireFormat _format;
    private bool _isWaiting;
    private bool _isStalled;

    public SubscriberActor(World world, int number)
    {
        _world = world;
        _number = number;
        _random = world.NewRandom(number);
        _requests = new RequestMaker(world, _random);
        _targets = _random.Next(2) == 0 ? world.CommonTargets : _requests.DrawTargets();
        _stallsOneIn = _random.Next(4) switch { 0 => 2, 1 => 1_000, _ => 6 };
        _stallsUntil = _random.Next(2) == 0 ? 15 : int.MaxValue;
        _format = number % 2 == 0 ? WireFormat.Json : WireFormat.MessagePack;
        Model = new ClientModel(world.Branches);
    }

    public ClientModel Model { get; }

    public string Name => $"client {_number}";

    public bool Selects(int target, string channel) => _targets[target].Selector.Matches(channel);

    public QueryRequest? Request { get; private set; }

    /// <summary>Whether the last query runs and is to follow the channels until the end.</summary>
    public bool IsLive { get; private set; }

    public async Task RunAsync()
    {
        for (var lives = _random.Next(0, 4); lives > 0; lives--)
        {
            await _world.Pause(_random.Next(2) * _random.Next(400));
            using var leave = CancellationTokenSource.CreateLinkedTokenSource(_world.End);
            var leaving = LeaveSoonAsync(leave);
            await QueryAsync(_random.Next(5) == 0 ? _random.Next(1, 6) : int.MaxValue, leave.Token);
            await leaving;
        }

        await _world.Pause(_random.Next(400));
        _world.Leave();
        await QueryAsync(int.MaxValue, _world.End);
    }

    /// <summary>Opens one query that stays until the end.</summary>
    public Task FollowAsync() => QueryAsync(int.MaxValue, _world.End);

    private async Task LeaveSoonAsync(CancellationTokenSource leave)
    {
        await _world.Pause(_random.Next(1_500));
        _world.Branches.Count(_isStalled ? Branch.CancelledWhileStalled : _isWaiting ? Branch.CancelledWhileWaiting : Branch.CancelledWhileBuilding);

        // On this stack, as a connection's end does it.
        leave.Cancel();
    }

    private async Task QueryAsync(int mostItems, CancellationToken cancellationToken)
    {
        var request = _requests.Draw([.. _targets.Select(target => target.Target)], DrawResume());
        Model.BeginCall(_requests.ShapesOf(request), (channel, epoch) => _world.Truth.Find(channel, epoch)?.Next ?? 0, _world.Truth.EndOf, _world.Truth.Count);
        Request = request;
        _world.History.Add($"{Name} at {_world.Now} asks {string.Join(", ", request.Targets.Select(target => target.Channel ?? target.Id))} every {request.IntervalMs} resuming {string.Join(", ", request.Resume)}");
        var subscription = _world.Node.Query(request, _format);
        await using var items = subscription.GetAsyncEnumerator(cancellationToken);
        IsLive = true;
        for (var taken = 0; taken < mostItems && await NextAsync(items); taken++)
        {
            Take(items.Current);
            if (subscription.IsAhead)
                _world.Branches.Count(Branch.ResumeAhead);
            if (taken < _stallsUntil && _random.Next(_stallsOneIn) == 0)
                await StallAsync();
        }

        IsLive = false;
    }

    private async Task<bool> NextAsync(IAsyncEnumerator<StreamItem> items)
    {
        _isWaiting = true;
        var more = await items.MoveNextAsync();
        _isWaiting = false;
        return more;
    }

    private void Take(StreamItem item)
    {
        var bytes = item.Bytes(_format);
        _world.History.Add(bytes.Span);
        var read = WireReader.Read<Item>(_format, bytes);
        if (_world.History.KeepsText)
            Describe(read);

        // Rows may get here before their publisher's backplane has told what it did.
        foreach (var frame in read.Frames.Where(static frame => frame.Kind != FrameKind.Removed))
            SpinWait.SpinUntil(() => _world.Truth.Find(frame.Channel, frame.Epoch)?.Next >= frame.Offset + frame.Count, TimeSpan.FromSeconds(1));
        Model.Apply(read);
    }

    private void Describe(Item item)
    {
        var errors = item.Head.Errors is null ? "" : $" errors [{string.Join(" | ", item.Head.Errors.Select(error => $"{error.Code} {error.RefId} {error.Channel}"))}]";
        _world.History.Add($"{Name} at {_world.Now} gets {item.Head.State}{errors}");
        foreach (var frame in item.Frames)
            _world.History.Add($"    {frame.RefId} {frame.Channel} {frame.Kind} {frame.Epoch}:{frame.Offset}+{frame.Count} {frame.Gap} {frame.Sampled} {(frame.More ? "more" : "")}");
    }

    private async Task StallAsync()
    {
        _isStalled = true;
        await _world.Pause(_random.Next(4) == 0 ? _random.Next(2_500) : _random.Next(100));
        _isStalled = false;
    }

    /// <summary>The positions to go on from: mostly the client's own, some given up, some made up.</summary>
    private List<Resume> DrawResume()
    {
        var resume = new List<Resume>();
        if (_random.Next(4) == 0)
            Model.Held.Clear();
        foreach (var (key, held) in Model.Held.ToArray())
        {
            switch (_random.Next(10))
            {
                case 0:
                    Model.Held.Remove(key);
                    continue;
                case 1:
                    Model.Held[key] = new HeldChannel(held.Epoch, held.Next + _random.Next(1, 1_000));
                    break;
                case 2:
                    Model.Held[key] = new HeldChannel(_random.Next(2) == 0 ? "other.0.1" : held.Epoch[..held.Epoch.IndexOf('.', StringComparison.Ordinal)] + ".0.999999", held.Next);
                    break;
            }

            // A client may wait for more channels to come back than a query may have.
            if (resume.Count == _world.Options.Queries.MaxChannels)
                Model.Held.Remove(key);
            else
                resume.Add(new Resume(key.Channel, Model.Held[key].Epoch, Model.Held[key].Next - 1, key.RefId));
        }

        return resume;
    }
}
