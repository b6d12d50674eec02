using System.Diagnostics;
using System.Globalization;
using HubServer.LoadTest.Baseline;

namespace HubServer.LoadTest.Fanout;

/// <summary>How this program is started as a baseline.</summary>
internal static class BaselineStart
{
    public static ProcessStartInfo At(int port) =>
        new("dotnet", [Paths.Self, BaselineNode.Command, "--urls", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")])
        {
            // As programs of the web SDK have it.
            Environment = { ["DOTNET_gcServer"] = "1" },
        };
}
