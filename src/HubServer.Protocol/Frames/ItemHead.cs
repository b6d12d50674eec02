namespace HubServer.Protocol;

/// <summary>Everything of an item but its frames, so that a server can write frames it encoded before.</summary>
/// <param name="State">How far the query has come.</param>
/// <param name="Errors">The full current list, when it changed; empty clears it; null when it did not change.</param>
/// <param name="Stale">Whether what follows may be behind the backplane, when that changed.</param>
/// <param name="Server">Who serves, in the first item.</param>
public readonly record struct ItemHead(
    ItemState State,
    IReadOnlyList<ItemError>? Errors = null,
    bool? Stale = null,
    ServerInfo? Server = null)
{
    /// <summary>Opens the item's map and its list of frames, which the caller writes next.</summary>
    public void Begin(ref WireWriter writer, int frames)
    {
        writer.BeginMap(2 + (Errors is null ? 0 : 1) + (Stale is null ? 0 : 1) + (Server is null ? 0 : 1));
        writer.Write("state", State.ToString());
        if (Server is not null)
        {
            writer.Key("server");
            Server.Write(ref writer);
        }

        if (Errors is not null)
            writer.Write("errors", Errors);
        if (Stale is { } stale)
            writer.Write("stale", stale);
        writer.Key("frames");
        writer.BeginArray(frames);
    }

    /// <summary>Closes the list of frames and the item.</summary>
    public static void End(ref WireWriter writer)
    {
        writer.EndArray();
        writer.EndMap();
    }
}
