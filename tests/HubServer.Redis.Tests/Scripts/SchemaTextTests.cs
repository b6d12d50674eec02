using CsCheck;
using HubServer.Protocol;

namespace HubServer.Redis.Tests.Scripts;

public sealed class SchemaTextTests
{
    private static readonly Schema Fields = new([new Field("time", FieldType.Time), new Field("v", FieldType.Number, Unit: "celsius")]);
    private static readonly ChannelSettings Settings = new() { Capacity = 7, RetentionMs = 1_500 };

    [Fact]
    public void Read_OfWhatWasWritten_GivesTheSame()
    {
        Assert.Equal(Fields.Hash, SchemaText.ReadSchema(SchemaText.Of(Fields))?.Hash);
        Assert.Equal(Settings, SchemaText.ReadSettings(SchemaText.Of(Settings)));
    }

    [Fact]
    public void Read_OfNothing_GivesNothing()
    {
        Assert.Null(SchemaText.ReadSchema(default));
        Assert.Null(SchemaText.ReadSettings(default));
    }

    [Fact]
    public void Read_OfDamagedBytes_NeverThrows() => Damage.Of(Gen.OneOf(SchemaText.Of(Fields), SchemaText.Of(Settings))).Sample(bytes =>
    {
        _ = SchemaText.ReadSchema(bytes);
        _ = SchemaText.ReadSettings(bytes);
    });
}
