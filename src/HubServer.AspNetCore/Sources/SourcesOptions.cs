namespace HubServer.AspNetCore.Sources;

/// <summary>The built-in sources, from the configuration section <c>HubServer:Sources</c>.</summary>
public sealed class SourcesOptions
{
    /// <summary>The configuration section that these options are bound from.</summary>
    public const string Section = "HubServer:Sources";

    /// <summary>This machine's own numbers.</summary>
    public HostSourceOptions Host { get; set; } = new();

    /// <summary>Random walks, to try a dashboard without any data of one's own.</summary>
    public SimulateSourceOptions Simulate { get; set; } = new();
}
