using HubServer.Protocol;

namespace HubServer.AspNetCore.Sources;

/// <summary>One row for one channel while a source fills it in, field by field.</summary>
internal sealed class Reading
{
    private readonly ChannelId _channel;
    private readonly RowsBuilder _builder = new();

    public Reading(ChannelId channel, DateTimeOffset time)
    {
        _channel = channel;
        _builder.BeginRow();
        _builder.Column("time", FieldType.Time).TryAdd((time - DateTimeOffset.UnixEpoch).TotalMilliseconds);
    }

    public Reading With(string field, double? value, string? unit = null)
    {
        var column = _builder.Column(field, FieldType.Number, unit);
        if (value is { } number)
            column.TryAdd(number);
        else
            column.AddNull();
        return this;
    }

    public (ChannelId Channel, Rows Rows) ToRows() => (_channel, _builder.Build());
}
