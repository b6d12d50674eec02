using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>What a consumer was given of each channel: the ground on which the next call goes on. Not safe for concurrent use.</summary>
internal sealed class Positions
{
    private readonly Dictionary<ChannelKey, Lane> _lanes = [];

    /// <summary>What was given so far; what <paramref name="request"/> says is held counts as given.</summary>
    public Positions(QueryRequest request)
    {
        // An entry with a refId counts for its target, wherever it stands; of several of a kind the last one counts.
        foreach (var held in request.Resume.OrderBy(static held => held.RefId is not null))
        {
            var lane = new Lane(new Track(held.Epoch, held.Offset + 1, null));
            var channel = ChannelId.Parse(held.Channel).Text;
            foreach (var target in request.Targets)
            {
                if (held.RefId is null || held.RefId == target.RefId)
                    _lanes[new ChannelKey(target.RefId, channel)] = lane;
            }
        }
    }

    /// <summary>What is known of a channel.</summary>
    public Lane this[ChannelKey key]
    {
        get => _lanes.GetValueOrDefault(key, Lane.Empty);
        set
        {
            if (value.Shown is null && value.Ahead is null)
                _lanes.Remove(key);
            else
                _lanes[key] = value;
        }
    }

    /// <summary>The channels that are not to be gone on from.</summary>
    public List<ChannelKey> Doubtful() => [.. _lanes.Where(static lane => lane.Value.IsDoubtful).Select(static lane => lane.Key)];

    /// <summary>Begins another call.</summary>
    /// <returns>What is held, for the server to go on from.</returns>
    public List<Resume> Restart()
    {
        foreach (var key in _lanes.Where(static lane => lane.Value.Ahead is not null).Select(static lane => lane.Key).ToList())
            this[key] = this[key].Restart();

        var resume = new List<Resume>(_lanes.Count);
        foreach (var (key, lane) in _lanes)
        {
            if (lane is { Shown: { } shown, IsDoubtful: false })
                resume.Add(new Resume(key.Channel, shown.Epoch, shown.Next - 1, key.RefId));
        }

        return resume;
    }
}
