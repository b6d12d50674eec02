using System.Diagnostics;
using MessagePack;

namespace HubServer.LoadTest.Scaleout;

/// <summary>A way to bring rows from one node to the subscribers of all.</summary>
internal interface IScaleoutSystem
{
    /// <summary>Its name in the results.</summary>
    string Name { get; }

    /// <summary>How a node is started.</summary>
    ProcessStartInfo NodeOf(int number, int port, int redisPort, Load load);

    /// <summary>The path that answers 200 once a node takes rows.</summary>
    string ReadyPath { get; }

    /// <summary>A call that publishes a block to each of these channels.</summary>
    byte[] Publish(string invocationId, Load load, int[] channels);

    /// <summary>The rows that the answer to such a call says were taken.</summary>
    /// <exception cref="InvalidOperationException">Some were not.</exception>
    int ReadTaken(ref MessagePackReader result, int rows);

    /// <summary>Calls that begin to bring the rows of all channels; each is answered or streams.</summary>
    IEnumerable<byte[]> Subscribe(Load load, int intervalMs);

    /// <summary>Counts the rows of a message to the subscriber; false where it is none that brings rows.</summary>
    void ReadMessage(ReadOnlyMemory<byte> message, Subscriber subscriber);
}
