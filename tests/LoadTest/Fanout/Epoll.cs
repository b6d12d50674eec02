using System.Buffers.Binary;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace HubServer.LoadTest.Fanout;

/// <summary>
/// Linux's own list of sockets that have something to read. One thread that asks it and reads into one buffer costs a
/// fraction of a task or a callback for each receive, and an idle connection costs nothing.
/// </summary>
internal sealed partial class Epoll : IDisposable
{
    private const int Add = 1;
    private const int Remove = 2;
    private const uint Readable = 1; // EPOLLIN; errors and hang-ups are always told.
    private const int Interrupted = 4; // EINTR
    private const int AtOnce = 512;

    // struct epoll_event is packed on x64 and aligned elsewhere: 4 bytes of events, and 8 that are the caller's.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = DataOffset + sizeof(ulong);

    private readonly int _descriptor;
    private readonly byte[] _events = new byte[AtOnce * EventBytes];

    public Epoll()
    {
        _descriptor = Create(0);
        if (_descriptor < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Watches a socket, which is told by the key.</summary>
    public void Watch(Socket socket, int key)
    {
        Span<byte> one = stackalloc byte[EventBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(one, Readable);
        BinaryPrimitives.WriteUInt64LittleEndian(one[DataOffset..], (ulong)key);
        if (Control(_descriptor, Add, (int)socket.Handle, one) < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Watches a socket no longer.</summary>
    public void Forget(Socket socket) => _ = Control(_descriptor, Remove, (int)socket.Handle, stackalloc byte[EventBytes]);

    /// <summary>Writes the keys of sockets that have something to read, and returns how many.</summary>
    public int Wait(Span<int> keys, int timeoutMs)
    {
        var count = Wait(_descriptor, _events, Math.Min(AtOnce, keys.Length), timeoutMs);
        if (count < 0 && Marshal.GetLastPInvokeError() != Interrupted)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        for (var i = 0; i < count; i++)
            keys[i] = (int)BinaryPrimitives.ReadUInt64LittleEndian(_events.AsSpan((i * EventBytes) + DataOffset));
        return Math.Max(0, count);
    }

    public void Dispose() => _ = Close(_descriptor);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int descriptor, int operation, int socket, Span<byte> one);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(int descriptor, Span<byte> events, int most, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
