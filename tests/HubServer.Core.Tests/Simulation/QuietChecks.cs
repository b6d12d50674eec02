using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>What holds for a client that follows its channels, once nothing was published for a while.</summary>
internal sealed class QuietChecks(World world)
{
    public void Check(SubscriberActor client)
    {
        if (!client.IsLive || client.Request is not { } request || request.Range?.To is not null)
            return;

        world.Branches.Count(Branch.QuietChecks);
        var limit = world.Options.Queries.MaxChannels;
        var live = world.Truth.Live.ToDictionary(live => live.Channel);
        var expected = Expected(client, request, live).ToList();
        var seen = client.Model.Held.Where(held => held.Value.IsSeen).ToDictionary();
        Expect.That(client.Model.State == ItemState.Streaming, $"{client.Name}: still {client.Model.State}");
        Expect.That(client.Model.IsStale == world.Node.Registry.IsStale, $"{client.Name}: was told stale {client.Model.IsStale}, the node's is {world.Node.Registry.IsStale}");
        Expect.That(seen.Count == Math.Min(limit, expected.Count), $"{client.Name}: shows {seen.Count} of {expected.Count} channels, the limit is {limit}");
        foreach (var (key, held) in seen)
            CheckHead(client, key, held, live.GetValueOrDefault(key.Channel), expected);
        CheckErrors(client, request, seen, expected.Count > limit);
    }

    private static IEnumerable<(string RefId, string Channel)> Expected(SubscriberActor client, QueryRequest request, Dictionary<string, Incarnation> live)
    {
        for (var i = 0; i < request.Targets.Count; i++)
        {
            foreach (var channel in live.Keys)
            {
                if (client.Selects(i, channel))
                    yield return (request.Targets[i].RefId, channel);
            }
        }
    }

    private static void CheckHead(SubscriberActor client, (string RefId, string Channel) key, HeldChannel held, Incarnation? live, List<(string, string)> expected)
    {
        var at = $"{client.Name}: {key} at {held.Epoch}:{held.Next}";
        Expect.That(expected.Contains(key), $"{at}: is not selected, or does not exist");
        Expect.That(live is not null && held.Epoch == live.Epoch && held.Next == live.Next, $"{at}: the channel is at {live?.Epoch}:{live?.Next}");
        Expect.That(!held.IsSplit && held.Parts.Count == 0, $"{at}: the last part of its past did not come");
    }

    private void CheckErrors(SubscriberActor client, QueryRequest request, Dictionary<(string RefId, string Channel), HeldChannel> seen, bool isOverLimit)
    {
        var errors = client.Model.Errors;
        Expect.That(errors.Any(error => error.Code == ErrorCode.LimitExceeded) == isOverLimit, $"{client.Name}: over the limit is {isOverLimit}, the errors are {string.Join("; ", errors)}");
        var missing = new HashSet<(string?, string?)>();
        foreach (var (refId, channel) in seen.Keys)
        {
            var asked = request.Targets.First(target => target.RefId == refId).Fields;
            var fields = world.Truth.FindLive(channel)?.Fields ?? [];
            if (asked is not null && asked.Any(name => !fields.Contains(name)))
                missing.Add((refId, channel));
        }

        var told = errors.Where(error => error.Code == ErrorCode.NotFound).Select(error => (error.RefId, error.Channel)).ToHashSet();
        Expect.That(missing.SetEquals(told), $"{client.Name}: missing fields are in [{string.Join(", ", missing)}], told were [{string.Join(", ", told)}]");
    }
}
