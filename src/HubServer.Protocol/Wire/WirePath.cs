using System.Globalization;
using System.Text;

namespace HubServer.Protocol;

/// <summary>Where a <see cref="WireReader"/> stands, so that an error can name the place: <c>batches[1].rows.values[0][3]</c>.</summary>
internal sealed class WirePath
{
    private readonly List<(string? Key, int Index)> _segments = [];

    public void Push() => _segments.Add((null, -1));

    public void Pop() => _segments.RemoveAt(_segments.Count - 1);

    public void At(string key) => _segments[^1] = (key, -1);

    public void At(int index) => _segments[^1] = (null, index);

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (key, index) in _segments)
        {
            if (index >= 0)
                text.Append('[').Append(index.ToString(CultureInfo.InvariantCulture)).Append(']');
            else if (key is not null)
                text.Append(text.Length > 0 ? "." : "").Append(key);
        }

        return text.ToString();
    }
}
