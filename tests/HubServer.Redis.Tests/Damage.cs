using CsCheck;

namespace HubServer.Redis.Tests;

/// <summary>Makes of bytes that are right such as are not: cut short, with bytes changed or put in, or no more than noise.</summary>
internal static class Damage
{
    public static Gen<byte[]> Of(Gen<byte[]> right) => Gen.Frequency(
        (4, Gen.Select(right, Gen.Int[0, 1_000], Gen.Byte).Select((bytes, at, value) => Changed(bytes, at, value))),
        (2, Gen.Select(right, Gen.Int[0, 1_000]).Select((bytes, at) => bytes[..(at % (bytes.Length + 1))])),
        (2, Gen.Select(right, Gen.Int[0, 1_000], Gen.Byte.Array[1, 6]).Select((bytes, at, added) => PutIn(bytes, at, added))),
        // Lengths that no memory holds, where a length stands.
        (1, Gen.Select(right, Gen.Int[0, 1_000], Gen.OneOf<byte>(0xC6, 0xDB, 0xDD, 0xDF)).Select((bytes, at, kind) => PutIn(bytes, at, [kind, 0xFF, 0xFF, 0xFF, 0xFF]))),
        (1, Gen.Byte.Array[0, 60]));

    private static byte[] Changed(byte[] bytes, int at, byte value)
    {
        var changed = bytes.ToArray();
        changed[at % bytes.Length] = value;
        return changed;
    }

    private static byte[] PutIn(byte[] bytes, int at, byte[] added) => [.. bytes[..(at % bytes.Length)], .. added, .. bytes[(at % bytes.Length)..]];
}
