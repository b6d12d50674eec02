using CsCheck;

namespace HubServer.Protocol.Tests;

/// <summary>Arbitrary messages of the contract.</summary>
internal static class MessageGens
{
    public static readonly Gen<Field> Field = Gen.Select(
        Gens.Text, Gens.FieldType, Gens.MaybeNull(Gens.Labels), Gens.MaybeNull(Gens.Text),
        (name, type, labels, unit) => new Field(name, type, OrNull(labels), unit));

    public static readonly Gen<FrameSchema> FrameSchema = Gen.Select(
        Gens.MaybeNull(Gens.Text), Gens.Text, Field.Array[0, 4], Gens.Maybe(Gens.Count), Gens.Maybe(Gens.Finite),
        (refId, name, fields, capacity, capacityMs) => new FrameSchema(refId, name, new Schema([.. fields.DistinctBy(field => field.Key)]), capacity, capacityMs));

    public static readonly Gen<Gap> Gap = Gen.Select(
        Gens.Text, Gens.Offset, Gens.Maybe(Gens.Offset), Gen.Enum<GapReason>(), (epoch, from, to, reason) => new Gap(epoch, from, to, reason));

    public static readonly Gen<Frame> Frame = Gen.Select(
        Gen.Select(Gens.Text, Gens.ChannelId, Gen.Enum<FrameKind>(), Gens.Text),
        Gen.Select(Gens.Offset, Gens.Count, Gens.MaybeNull(Gap), Gens.MaybeNull(Gen.OneOf("minmax", "last"))),
        Gen.Select(Gen.Bool, Gens.MaybeNull(FrameSchema), Gens.Columns),
        (who, where, what) => new Frame
        {
            RefId = who.Item1,
            Channel = who.Item2.Text,
            Kind = who.Item3,
            Epoch = who.Item4,
            Offset = where.Item1,
            Count = where.Item2,
            Gap = where.Item3,
            Sampled = where.Item4,
            More = what.Item1,
            Schema = what.Item2,
            Data = what.Item3,
        });

    public static readonly Gen<ItemError> Error = Gen.Select(
        Gen.OneOf(ErrorCode.BadRequest, ErrorCode.Forbidden, ErrorCode.Internal), Gens.Text, Gens.MaybeNull(Gens.Text), Gens.MaybeNull(Gens.Text), Gens.Maybe(Gens.Count),
        (code, message, refId, channel, retryMs) => new ItemError(code, message, refId, channel, retryMs));

    public static readonly Gen<ItemHead> Head = Gen.Select(
        Gen.Enum<ItemState>(), Gens.MaybeNull(Error.Array[0, 2]), Gens.Maybe(Gen.Bool),
        Gens.MaybeNull(Gen.Select(Gens.Text, Gens.Text, Gens.Finite, (version, node, time) => new ServerInfo(version, node, time))),
        (state, errors, stale, server) => new ItemHead(state, errors, stale, server));

    public static readonly Gen<Item> Item = Gen.Select(Head, Frame.Array[0, 3], (head, frames) => new Item { Head = head, Frames = frames });

    public static readonly Gen<Rows> Rows = Gen.Select(Gens.Columns, Gens.Text.Array[4], Gens.Labels.Array[4], Gens.MaybeNull(Gens.Text).Array[4], Gen.Bool.Array[4])
        .Select((columns, names, labels, units, typed) => new Rows(
            [.. columns.Select((column, i) => new RowField(names[i], typed[i] ? TypeOf(column) : null, OrNull(labels[i]), units[i]))], columns));

    public static readonly Gen<PublishRequest> PublishRequest = Gen.Select(
        Gen.Select(Gens.ChannelId, Rows, (id, rows) => new PublishBatch(id.Text, rows)).Array[0, 3],
        Gen.Enum<PublishLevel>(), Gens.MaybeNull(Gens.Text), Gens.Offset,
        (batches, level, publisher, sequence) => new PublishRequest
        {
            Batches = batches,
            Level = level,
            PublisherId = publisher,
            Sequence = publisher is null ? null : sequence,
        });

    public static readonly Gen<PublishResult> PublishResult = Gen.Select(
        Gens.ChannelId, Gens.Text, Gens.Offset, Gens.Count, Gens.MaybeNull(Error),
        (id, epoch, offset, count, error) => new PublishResult(id.Text, epoch, offset, count, error));

    public static readonly Gen<Target> Target = Gen.Select(
        Gen.Select(Gens.Text, Gens.Text, Gen.Bool), Gens.MaybeNull(Gens.Text.Array[0, 3]), Gens.Maybe(Gens.Count), Gen.Enum<SampleMode>(),
        (who, fields, rows, sample) => new Target
        {
            RefId = who.Item1,
            Channel = who.Item3 ? null : who.Item2,
            Id = who.Item3 ? who.Item2 : null,
            Fields = fields,
            Rows = rows,
            Sample = sample,
        });

    public static readonly Gen<Resume> Resume = Gen.Select(
        Gens.ChannelId, Gens.Text, Gens.Offset, Gens.MaybeNull(Gens.Text), (id, epoch, offset, refId) => new Resume(id.Text, epoch, offset, refId));

    public static readonly Gen<QueryRequest> QueryRequest = Gen.Select(
        Target.Array[0, 3], Gens.Count, Gens.Maybe(Gens.Finite),
        Gens.Maybe(Gen.Select(Gens.Maybe(Gens.Finite), Gens.Maybe(Gens.Finite), (from, to) => new TimeRange(from, to))),
        Gens.Maybe(Gens.Count), Resume.Array[0, 2],
        (targets, interval, lastMs, range, maxDataPoints, resume) => new QueryRequest
        {
            Targets = targets,
            IntervalMs = interval,
            LastMs = lastMs,
            Range = range,
            MaxDataPoints = maxDataPoints,
            Resume = resume,
        });

    public static readonly Gen<ListRequest> ListRequest = Gen.Select(
        Gens.MaybeNull(Gens.Text), Gens.Count, Gens.MaybeNull(Gens.Text),
        (selector, limit, after) => new ListRequest { Selector = selector, Limit = limit, After = after });

    public static readonly Gen<ChannelSettings> ChannelSettings = Gen.Select(
        Field.Select(RowField.Of).Array[0, 3], Gens.Maybe(Gens.Count), Gens.Maybe(Gens.Finite), Gens.Maybe(Gens.Finite),
        (fields, capacity, capacityMs, retentionMs) => new ChannelSettings { Fields = fields, Capacity = capacity, CapacityMs = capacityMs, RetentionMs = retentionMs });

    public static readonly Gen<ChannelList> ChannelList = Gen.Select(
        Gen.Select(
            Gens.ChannelId, FrameSchema, Gens.Text, Gens.Offset, Gens.Count, Gens.Finite, Gens.Maybe(Gens.Finite),
            (id, schema, epoch, offset, rows, rate, last) => new ChannelInfo(id, schema, epoch, offset, rows, rate, last)).Array[0, 3],
        Gen.Bool, (channels, more) => new ChannelList(channels, more));

    private static Labels? OrNull(Labels? labels) => labels is { Count: > 0 } ? labels : null;

    private static FieldType? TypeOf(Column column) => column.Kind switch
    {
        ColumnKind.Number => FieldType.Number,
        ColumnKind.String => FieldType.String,
        ColumnKind.Boolean => FieldType.Boolean,
        _ => null,
    };
}
