using CsCheck;

namespace HubServer.Protocol.Tests;

public sealed class ChannelIdTests
{
    [Theory]
    [InlineData("cpu", "cpu")]
    [InlineData("cpu{}", "cpu")]
    [InlineData("cpu{ }", "cpu")]
    [InlineData("cpu{host=\"a\",core=\"0\"}", "cpu{core=\"0\",host=\"a\"}")]
    [InlineData("cpu{ host = \"a\" , core = \"0\" , }", "cpu{core=\"0\",host=\"a\"}")]
    [InlineData("cpu{host=\"\",core=\"0\"}", "cpu{core=\"0\"}")]
    [InlineData("cpu{host=\"\"}", "cpu")]
    [InlineData("a{B=\"1\",_=\"2\",a=\"3\"}", "a{B=\"1\",_=\"2\",a=\"3\"}")]
    [InlineData("a{q=\"\\\"\\\\\\n\"}", "a{q=\"\\\"\\\\\\n\"}")]
    [InlineData("a{q=\"\n\t}{,\"}", "a{q=\"\\n\t}{,\"}")]
    [InlineData("plant/hall 1/\"temp\"=50%,ü😀", "plant/hall 1/\"temp\"=50%,ü😀")]
    public void Parse_WhenValid_GivesTheCanonicalText(string text, string canonical)
    {
        var id = ChannelId.Parse(text);

        Assert.Equal(canonical, id.Text);
        Assert.Equal(canonical, id.ToString());
        Assert.Equal(id, ChannelId.Parse(canonical));
        Assert.Equal(id.GetHashCode(), ChannelId.Parse(canonical).GetHashCode());
    }

    [Fact]
    public void Parse_WhenLabelled_SplitsNameAndLabels()
    {
        var id = ChannelId.Parse("cpu{host=\"a\\\"b\",core=\"0\"}");

        Assert.Equal("cpu", id.Name);
        Assert.Equal("a\"b", id.Labels["host"]);
        Assert.Equal("0", id.Labels["core"]);
        Assert.Equal("", id.Labels["absent"]);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("{a=\"b\"}", 0)]
    [InlineData("plant/*", 6)]
    [InlineData("*{a=\"b\"}", 0)]
    [InlineData("cpu{a!=\"b\"}", 4)]
    [InlineData("cpu{a=\"b\",c=~\"d\"}", 10)]
    [InlineData("cpu{a=\"b\",c!~\"d\"}", 10)]
    [InlineData("cpu{a=\"b\",a=\"c\"}", 10)]
    [InlineData("cpu{__name__=\"b\"}", 4)]
    public void Parse_WhenNoChannelId_NamesThePosition(string text, int at) =>
        ErrorAssert.NamesPosition(() => ChannelId.Parse(text), at);

    [Theory]
    [InlineData("▲")]
    [InlineData("a▼b")]
    [InlineData("a{b=\"▲\"}")]
    public void Parse_WhenHalfASurrogatePair_IsRefused(string text)
    {
        var error = Assert.Throws<ProtocolException>(() => ChannelId.Parse(HalfPairs.In(text)));

        Assert.Equal(ErrorCode.BadRequest, error.Code);
        Assert.Contains("at character ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a*")]
    [InlineData("a{")]
    [InlineData("a{b=\"c\"}")]
    [InlineData(" a")]
    [InlineData("▲")]
    public void Constructor_WhenTheNameIsNone_Throws(string name)
    {
        var error = Assert.Throws<ProtocolException>(() => new ChannelId(HalfPairs.In(name)));

        Assert.Equal(ErrorCode.BadRequest, error.Code);
    }

    [Fact]
    public void Equals_WhenLabelsDiffer_IsFalse()
    {
        Assert.NotEqual(ChannelId.Parse("cpu{a=\"1\"}"), ChannelId.Parse("cpu{a=\"2\"}"));
        Assert.NotEqual(ChannelId.Parse("cpu"), ChannelId.Parse("CPU"));
        Assert.False(ChannelId.Parse("cpu").Equals(null));
    }

    [Fact]
    public void Parse_WhenGivenItsOwnText_RoundTrips() =>
        Gens.ChannelId.Sample(
            id =>
            {
                var again = ChannelId.Parse(id.Text);

                Assert.Equal(id.Text, again.Text);
                Assert.Equal(id.Name, again.Name);
                Assert.Equal(id.Labels, again.Labels);
            },
            iter: 5_000);

    [Fact]
    public void Parse_WhenTextIsArbitrary_ParsesOrNamesThePosition() =>
        Gens.Syntax.Sample(
            text =>
            {
                try
                {
                    var id = ChannelId.Parse(text);
                    Assert.Equal(id, ChannelId.Parse(id.Text));
                }
                catch (ProtocolException error)
                {
                    Assert.Equal(ErrorCode.BadRequest, error.Code);
                    Assert.Contains("at character ", error.Message, StringComparison.Ordinal);
                }
            },
            iter: 20_000);
}
