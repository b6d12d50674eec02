namespace HubServer.Protocol;

/// <summary>A target or channel of a running query that cannot be served as asked.</summary>
/// <param name="Code">One of <see cref="ErrorCode"/>.</param>
/// <param name="Message">What is wrong and what would be right.</param>
/// <param name="RefId">The target, if it is about one.</param>
/// <param name="Channel">The channel, if it is about one.</param>
/// <param name="RetryMs">When trying again makes sense, in milliseconds from now.</param>
public sealed record ItemError(string Code, string Message, string? RefId = null, string? Channel = null, int? RetryMs = null)
    : IWireType<ItemError>
{
    /// <inheritdoc/>
    public static ItemError Read(ref WireReader reader)
    {
        string code = "", message = "";
        string? refId = null, channel = null;
        int? retryMs = null;
        var map = reader.BeginMap();
        while (reader.NextKey(ref map, out var key))
        {
            switch (key)
            {
                case "code": code = reader.ReadString(); break;
                case "message": message = reader.ReadString(); break;
                case "refId": refId = reader.ReadStringOrNull(); break;
                case "channel": channel = reader.ReadStringOrNull(); break;
                case "retryMs": retryMs = reader.ReadCountOrNull(); break;
                default: reader.Skip(); break;
            }
        }

        return new ItemError(code, message, refId, channel, retryMs);
    }

    /// <inheritdoc/>
    public void Write(ref WireWriter writer)
    {
        writer.BeginMap(2 + (RefId is null ? 0 : 1) + (Channel is null ? 0 : 1) + (RetryMs is null ? 0 : 1));
        if (RefId is not null)
            writer.Write("refId", RefId);
        if (Channel is not null)
            writer.Write("channel", Channel);
        writer.Write("code", Code);
        writer.Write("message", Message);
        if (RetryMs is { } retryMs)
            writer.Write("retryMs", retryMs);
        writer.EndMap();
    }
}
