using HubServer.Protocol;

namespace HubServer.Client;

/// <summary>A run of one channel's rows, by typed columns, and what it does to what is held of the channel.</summary>
public sealed class FrameUpdate
{
    internal FrameUpdate(Frame frame, FrameChange change, Gap? gap, FrameSchema schema, IReadOnlyList<Column> columns)
    {
        (RefId, Channel, Epoch, Offset, Count, Sampled) = (frame.RefId, frame.Channel, frame.Epoch, frame.Offset, frame.Count, frame.Sampled);
        (Change, Gap, Schema, Columns) = (change, gap, schema, columns);
    }

    /// <summary>The target that asked for it.</summary>
    public string RefId { get; }

    /// <summary>The channel's id in its canonical form, as in <c>cpu{core="0",host="a"}</c>. With <see cref="RefId"/> it says what is changed.</summary>
    public string Channel { get; }

    /// <summary>What it does to what is held.</summary>
    public FrameChange Change { get; }

    /// <summary>
    /// The hole before its rows, to be shown as one; null where there is none. <c>From</c> and <c>To</c> are offsets, both
    /// inclusive, of the epoch <c>Gap.Epoch</c>; <c>To</c> is null where it is unknown.
    /// </summary>
    public Gap? Gap { get; }

    /// <summary>The channel's epoch. Within one, offsets go up by one a row; otherwise it means nothing.</summary>
    public string Epoch { get; }

    /// <summary>The offset of the first row that it accounts for.</summary>
    public long Offset { get; }

    /// <summary>The rows that it accounts for: those of <see cref="Columns"/>, or more where it was thinned.</summary>
    public int Count { get; }

    /// <summary>How it was thinned, <c>minmax</c> or <c>last</c>; null where all rows are there.</summary>
    public string? Sampled { get; }

    /// <summary>The channel's fields, one for each column. The same object as before for as long as nothing of them changed.</summary>
    public FrameSchema Schema { get; }

    /// <summary>
    /// The values, one column for each field of <see cref="Schema"/>, all of <see cref="Rows"/> values. A field of type time
    /// or number is in <c>Numbers</c> (float64; times in milliseconds since 1970-01-01 UTC), of type string in <c>Strings</c>,
    /// of type boolean in <c>Booleans</c> (0, 1, or 2 for null). <c>Column.IsNull</c> tells a null from a NaN.
    /// </summary>
    public IReadOnlyList<Column> Columns { get; }

    /// <summary>The rows in <see cref="Columns"/>.</summary>
    public int Rows => Columns.Count == 0 ? 0 : Columns[0].Count;

    /// <summary>
    /// Where the channel goes on after it, for a <see cref="QueryRequest.Resume"/> of a later program: the epoch, and the
    /// offset of the last row that it accounts for, -1 for none.
    /// </summary>
    public Resume Position => new(Channel, Epoch, Offset + Count - 1, RefId);

    /// <summary>The rows' times, in milliseconds since 1970-01-01 UTC.</summary>
    public ReadOnlySpan<double> Times => Schema.Schema.TimeIndex is >= 0 and var index && index < Columns.Count ? Columns[index].Numbers : [];

    /// <summary>The column of a field by its name, or by its name and labels as in <c>used{disk="sda"}</c>.</summary>
    /// <returns>The first that is called so; null where there is none.</returns>
    public Column? Find(string field)
    {
        var fields = Schema.Schema.Fields;
        for (var i = 0; i < Columns.Count; i++)
        {
            if (fields[i].Key == field || fields[i].Name == field)
                return Columns[i];
        }

        return null;
    }
}
