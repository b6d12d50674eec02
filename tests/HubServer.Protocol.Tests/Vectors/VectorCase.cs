namespace HubServer.Protocol.Tests;

/// <summary>One message of the golden vectors, with its type left behind in two functions.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Text">What it holds.</param>
/// <param name="Encode">Its bytes in a format.</param>
/// <param name="Decode">What bytes in a format hold, and what they become when written again.</param>
internal sealed record VectorCase(
    string Name, string Text, Func<WireFormat, byte[]> Encode, Func<WireFormat, byte[], (string Text, byte[] Again)> Decode)
{
    public static VectorCase Of<T>(string name, T message)
        where T : IWireType<T> => new(
            name,
            MessageText.Of(message),
            format => WireWriter.ToBytes(format, message),
            (format, bytes) =>
            {
                var read = WireReader.Read<T>(format, bytes);
                return (MessageText.Of(read), WireWriter.ToBytes(format, read));
            });
}
