using CsCheck;
using HubServer.Core;
using HubServer.Protocol;

namespace HubServer.Redis.Tests.Scripts;

public sealed class LineageTextTests
{
    private static readonly Gen<Lineage> Lineages = Gen.Select(Gen.OneOf("0a1b2c3d6ab312340c350.1", "ffffffff6ab312340c350.77r", "odd@name"), Gen.Long[0, 1L << 53])
        .Select((epoch, end) => new Position(epoch, end)).List[0, 6].Select(ends => new Lineage(ends));

    [Fact]
    public void Read_OfWhatWasWritten_GivesTheSame() => Lineages.Sample(lineage => LineageText.Read(LineageText.Of(lineage)).Ends.SequenceEqual(lineage.Ends));

    [Theory]
    [InlineData("", 0)]
    [InlineData("a.1@5", 1)]
    [InlineData("a.1@5;", 1)]
    [InlineData("a.1@5;junk;b.1@3", 1)]
    [InlineData("a.1@5;b.1@-3", 1)]
    [InlineData("a.1@5;@3;c.1@1", 1)]
    [InlineData("a.1@99999999999999999999;b.1@3", 0)]
    public void Read_OfADamagedText_StopsThere(string text, int ends) => Assert.Equal(ends, LineageText.Read(text).Ends.Count);

    [Fact]
    public void Read_OfAnyText_ReturnsEndsThatCanBeWrittenAgain() =>
        Gen.String[Gen.Char["ab.;@0123456789-"], 0, 40].Sample(text => LineageText.Of(LineageText.Read(text)) is var read && LineageText.Of(LineageText.Read(read)) == read);
}
