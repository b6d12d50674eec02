using System.Text;

namespace HubServer.Protocol.Tests;

/// <summary>
/// The bytes on file are the contract. HUBSERVER_UPDATE_VECTORS=1 writes them anew: a changed byte is a changed
/// contract, to be reviewed together with PROTOCOL.md.
/// </summary>
public sealed class GoldenVectorTests
{
    private static readonly Dictionary<string, VectorCase[]> Families = new()
    {
        ["item"] = ItemVectors.Items,
        ["rows"] = RequestVectors.Rows,
        ["query"] = RequestVectors.Queries,
        ["publish"] = RequestVectors.Publishes,
        ["publish-result"] = RequestVectors.PublishResults,
        ["list-request"] = RequestVectors.ListRequests,
        ["channel-settings"] = RequestVectors.ChannelSettings,
        ["channel-list"] = RequestVectors.ChannelLists,
    };

    public static TheoryData<string> Names => [.. Families.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Write_WhenGivenEachCase_GivesTheBytesOnFile(string family)
    {
        var cases = Families[family];
        if (Environment.GetEnvironmentVariable("HUBSERVER_UPDATE_VECTORS") == "1")
            VectorFile.Write(family, cases);

        var filed = VectorFile.Read(family);

        Assert.Equal(cases.Select(one => one.Name), filed.Select(one => one.Name));
        foreach (var (one, (_, json, pack)) in cases.Zip(filed))
        {
            Assert.Equal(json, Encoding.UTF8.GetString(one.Encode(WireFormat.Json)));
            Assert.Equal(pack, Convert.ToHexStringLower(one.Encode(WireFormat.MessagePack)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_WhenGivenTheBytesOnFile_GivesEachCaseFromBothFormats(string family)
    {
        foreach (var (one, (_, json, pack)) in Families[family].Zip(VectorFile.Read(family)))
        {
            var fromJson = one.Decode(WireFormat.Json, Encoding.UTF8.GetBytes(json));
            var fromPack = one.Decode(WireFormat.MessagePack, Convert.FromHexString(pack));

            Assert.Equal(one.Text, fromJson.Text);
            Assert.Equal(one.Text, fromPack.Text);
            Assert.Equal(json, Encoding.UTF8.GetString(fromJson.Again));
            Assert.Equal(pack, Convert.ToHexStringLower(fromPack.Again));
        }
    }
}
