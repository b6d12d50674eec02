using System.Text;

namespace HubServer.Core.Tests.Simulation;

/// <summary>Everything that happened in a run, as one number, and as text where a single seed is replayed.</summary>
internal sealed class History(bool keepsText)
{
    private readonly StringBuilder _text = new();
    private ulong _hash = 14695981039346656037;

    /// <summary>FNV-1a of every line and every item.</summary>
    public ulong Hash => _hash;

    public bool KeepsText => keepsText;

    public void Add(string line)
    {
        foreach (var c in line)
            _hash = (_hash ^ c) * 1099511628211;
        if (keepsText)
            _text.AppendLine(line);
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
            _hash = (_hash ^ b) * 1099511628211;
    }

    public override string ToString() => _text.ToString();
}
