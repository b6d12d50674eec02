using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace HubServer.Protocol.Tests;

/// <summary>
/// A message written out property by property, so that two compare by what they hold. It knows nothing of the codecs:
/// numbers by their bits, every NaN alike but null's, a column of only nulls without its kind.
/// </summary>
internal static class MessageText
{
    public static string Of(object? value)
    {
        var text = new StringBuilder();
        Append(text, value, 0);
        return text.ToString();
    }

    private static void Append(StringBuilder text, object? value, int depth)
    {
        switch (value)
        {
            case null: text.Append("null"); break;
            case string s: text.Append('\'').Append(s).Append('\''); break;
            case double number: text.Append(Cell(number)); break;
            case Column column: AppendColumn(text, column); break;
            case Labels or ChannelId or Enum or bool or int or long: text.Append(CultureInfo.InvariantCulture, $"{value}"); break;
            case Schema schema: Append(text, schema.Fields, depth); break;
            case IEnumerable list: AppendAll(text, list, depth); break;
            default: AppendProperties(text, value, depth); break;
        }
    }

    private static void AppendAll(StringBuilder text, IEnumerable list, int depth)
    {
        text.Append('[');
        foreach (var element in list)
        {
            NewLine(text, depth + 1);
            Append(text, element, depth + 1);
        }

        text.Append(']');
    }

    private static void AppendProperties(StringBuilder text, object value, int depth)
    {
        text.Append(value.GetType().Name);
        foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            NewLine(text, depth + 1);
            text.Append(property.Name).Append(": ");
            Append(text, property.GetValue(value), depth + 1);
        }
    }

    private static void AppendColumn(StringBuilder text, Column column)
    {
        text.Append('<');
        for (var row = 0; row < column.Count; row++)
        {
            text.Append(' ').Append(column.IsNull(row) ? "null" : column.Kind switch
            {
                ColumnKind.Number => Cell(column.Numbers[row]),
                ColumnKind.String => $"'{column.Strings[row]}'",
                _ => column.Booleans[row] == 1 ? "true" : "false",
            });
        }

        text.Append('>');
    }

    private static string Cell(double number) =>
        double.IsNaN(number) ? "NaN" : string.Create(CultureInfo.InvariantCulture, $"{number:R}({BitConverter.DoubleToInt64Bits(number):X16})");

    private static void NewLine(StringBuilder text, int depth) => text.Append('\n').Append(' ', depth * 2);
}
