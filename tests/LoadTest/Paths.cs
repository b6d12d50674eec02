using System.Reflection;

namespace HubServer.LoadTest;

/// <summary>Where things are in the repository; the build wrote them into the assembly.</summary>
internal static class Paths
{
    /// <summary>HubServer, as <c>dotnet</c> runs it.</summary>
    public static string Product => Of("Program");

    /// <summary>The folder of the results.</summary>
    public static string Results => Of("Results");

    /// <summary>The folder of the Socket.IO server.</summary>
    public static string SocketIo => Of("SocketIo");

    /// <summary>This program, as <c>dotnet</c> runs it.</summary>
    public static string Self => typeof(Paths).Assembly.Location;

    private static string Of(string key) =>
        typeof(Paths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == key).Value ?? "";
}
