using System.Net;
using System.Net.Sockets;

namespace HubServer.Fixtures.Processes;

/// <summary>Finds ports for servers that tests start, end and start again at the same place.</summary>
internal static class FreePort
{
    // Linux takes the ports of outgoing connections and of listeners at port 0 from 32768 on, so nobody gets one of
    // these by chance while its server is down.
    private const int First = 11_000;
    private const int Last = 32_767;
    private const int Attempts = 100;

    /// <summary>A port of 127.0.0.1 that nobody listens on. Somebody may, before its server does: then try another.</summary>
    public static int Find()
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var port = Random.Shared.Next(First, Last + 1);
            if (IsFree(port))
                return port;
        }

        throw new InvalidOperationException($"no free port between {First} and {Last} in {Attempts} attempts");
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
