using HubServer.Protocol;

namespace HubServer.Core.Tests.Simulation;

/// <summary>Makes rows with a number that no other row has, and with fields that come, go and are null.</summary>
internal sealed class RowsMaker(World world, Random random)
{
    private static readonly string[] Texts = ["", "a", "ä€😀", "a \"quoted\"\n text", "a rather long text that takes more room than the others do"];

    /// <summary>Rows whose types agree with everybody's, except for the field that is a number here and a text there.</summary>
    public Rows Make(int count)
    {
        var fields = new List<RowField> { new("v") };
        var columns = new List<Column> { Serials(count) };
        if (random.Next(2) == 0)
            Add(fields, columns, new RowField("time"), Fill(count, column => column.TryAdd(world.Now - random.Next(-100, 2_000)), random.Next(4) == 0));
        foreach (var name in (string[])["a", "b", "n1", "n2", "s", "t"])
        {
            if (random.Next(3) == 0)
                Add(fields, columns, new RowField(name), Fill(count, column => AddValue(column, name), random.Next(2) == 0));
        }

        if (random.Next(20) == 0)
            Add(fields, columns, new RowField("x"), Fill(count, column => AddValue(column, random.Next(2) == 0 && column.Count == 0 ? "s" : "a"), false));
        return new Rows(fields, columns);
    }

    /// <summary>Rows in which a number's field holds a text.</summary>
    public Rows MakeConflict() => new([new RowField("v")], [Fill(1, column => column.TryAdd("no number"), false)]);

    private static void Add(List<RowField> fields, List<Column> columns, RowField field, Column column)
    {
        fields.Insert(0, field);
        columns.Insert(0, column);
    }

    private Column Serials(int count)
    {
        var serials = new double[count];
        for (var row = 0; row < count; row++)
            serials[row] = world.NextSerial();
        return new Column(serials);
    }

    private Column Fill(int count, Func<Column, bool> add, bool hasNulls)
    {
        var column = new Column();
        for (var row = 0; row < count; row++)
        {
            if ((hasNulls && random.Next(2) == 0) || !add(column))
                column.AddNull();
        }

        return column;
    }

    private bool AddValue(Column column, string name) => name switch
    {
        "s" or "t" => column.TryAdd(Texts[random.Next(Texts.Length)]),
        "b" => column.TryAdd(random.Next(2) == 0),
        _ => column.TryAdd(random.Next(12) switch
        {
            0 => double.NaN,
            1 => double.PositiveInfinity,
            2 => -0.0,
            _ => Math.Round(random.NextDouble() * 1_000, 3),
        }),
    };
}
