namespace HubServer.Protocol;

/// <summary>The wire's words for <see cref="FieldType"/>.</summary>
public static class FieldTypeText
{
    /// <summary>The wire's word.</summary>
    public static string ToWire(this FieldType type) => type switch
    {
        FieldType.Time => "time",
        FieldType.Number => "number",
        FieldType.String => "string",
        _ => "boolean",
    };

    /// <summary>The type for a wire's word; false where the word is none of the four.</summary>
    public static bool TryParse(string text, out FieldType type)
    {
        switch (text)
        {
            case "time": type = FieldType.Time; return true;
            case "number": type = FieldType.Number; return true;
            case "string": type = FieldType.String; return true;
            case "boolean": type = FieldType.Boolean; return true;
            default: type = default; return false;
        }
    }

    /// <summary>How columns of the type are stored.</summary>
    public static ColumnKind Kind(this FieldType type) => type switch
    {
        FieldType.String => ColumnKind.String,
        FieldType.Boolean => ColumnKind.Boolean,
        _ => ColumnKind.Number,
    };
}
