using CsCheck;

namespace HubServer.Redis.Tests.Scripts;

public sealed class EpochTests
{
    // As the script makes them: eight digits of a replication id, then the time in seconds and microseconds.
    private static readonly Gen<string> Generations = Gen.Select(Gen.OneOf("0a1b2c3d", "ffffffff", "12345678"), Gen.Int[0, 4], Gen.Int[0, 3])
        .Select((id, seconds, micros) => FormattableString.Invariant($"{id}{(1_790_000_000 + seconds * 40_000) / 65_536:x}{(1_790_000_000 + seconds * 40_000) % 65_536:x4}{micros * 300_000:x5}"));

    private static readonly Gen<string> Epochs = Gen.Select(Generations, Gen.Int[1, 12], Gen.Bool)
        .Select((generation, sequence, isAnew) => FormattableString.Invariant($"{generation}.{sequence}{(isAnew ? "r" : "")}"));

    [Fact]
    public void IsNewer_IsAStrictOrder() => Gen.Select(Epochs, Epochs, Epochs).Sample((a, b, c) =>
        !Epoch.IsNewer(a, a)
        && !(Epoch.IsNewer(a, b) && Epoch.IsNewer(b, a))
        && (!(Epoch.IsNewer(a, b) && Epoch.IsNewer(b, c)) || Epoch.IsNewer(a, c)));

    [Theory]
    [InlineData("0a1b2c3d6ab312340c350.9", "0a1b2c3d6ab312340c350.10")]
    [InlineData("ffffffff6ab3ffff0c350.900", "0a1b2c3d6ab400000c350.1")]
    [InlineData("ffffffff6ab312340c350.900", "0a1b2c3d6ab312340c351.1")]
    [InlineData("0a1b2c3d6ab312340c350.9r", "0a1b2c3d6ab312340c350.10")]
    [InlineData("0a1b2c3d6ab312340c350.9", "0a1b2c3d6ab312340c350.10r")]
    public void IsNewer_GoesByTheTimeOfTheGenerationThenByTheSequence(string earlier, string later)
    {
        Assert.True(Epoch.IsNewer(later, earlier));
        Assert.False(Epoch.IsNewer(earlier, later));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("short.1")]
    [InlineData("no-dot")]
    [InlineData("0a1b2c3d6ab312340c350.")]
    [InlineData("0a1b2c3d6ab312340c350.99999999999999999999")]
    public void IsNewer_OfATextThatIsNoEpoch_IsFalse(string text) => Assert.False(Epoch.IsNewer(text, "0a1b2c3d6ab312340c350.1"));

    [Theory]
    [InlineData("0a1b2c3d6ab312340c350.12r", "0a1b2c3d6ab312340c350")]
    [InlineData("a.b.1", "a.b")]
    [InlineData(".1", "")]
    [InlineData("none", "")]
    public void GenerationOf_IsWhatStandsBeforeTheLastDot(string epoch, string generation) => Assert.Equal(generation, Epoch.GenerationOf(epoch));
}
