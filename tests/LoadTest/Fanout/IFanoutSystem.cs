using System.Buffers;
using System.Diagnostics;

namespace HubServer.LoadTest.Fanout;

/// <summary>A way to bring rows from one publisher to many viewers, over WebSockets.</summary>
internal interface IFanoutSystem
{
    /// <summary>Its name in the results.</summary>
    string Name { get; }

    /// <summary>The command that installs what is missing of it; null where it is all there.</summary>
    string? InstallCommand { get; }

    /// <summary>The path that answers 200 once it takes rows; null where it does as soon as it takes connections.</summary>
    string? ReadyPath { get; }

    /// <summary>Finds rows in what viewers receive.</summary>
    IRowScanner Scanner { get; }

    /// <summary>How its server is started, as one process.</summary>
    ProcessStartInfo ServerOf(FanoutLoad load, string folder, int port, int secondPort);

    /// <summary>How a viewer gets the rows of all channels.</summary>
    Opening ViewerOf(FanoutLoad load, int viewer, Variety variety);

    /// <summary>How the one publisher connects.</summary>
    Opening PublisherOf(PublishForm form);

    /// <summary>Writes what publishes a row with this stamp to each of these channels.</summary>
    void WriteRows(IBufferWriter<byte> to, PublishForm form, ReadOnlySpan<string> channels, double stamp);
}
