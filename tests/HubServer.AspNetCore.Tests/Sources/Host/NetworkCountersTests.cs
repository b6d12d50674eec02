using HubServer.AspNetCore.Sources;

namespace HubServer.AspNetCore.Tests.Sources;

public sealed class NetworkCountersTests
{
    [Fact]
    public void Parse_WhenReal_GivesDevicesWithoutLoopback()
    {
        var devices = NetworkCounters.Parse(ProcSamples.NetDev, maxDevices: 64);

        Assert.Equal(["eth0", "ifb0"], devices.Keys.Order());
        Assert.Equal(new NetworkCounters(25840402, 70514, 886 + 674, 2 + 1), devices["eth0"]);
    }

    [Fact]
    public void Parse_WhenLoopbackIsAllThereIs_GivesLoopback()
    {
        var devices = NetworkCounters.Parse("    lo:3193 29 0 0 0 0 0 0 3193 29 0 0 0 0 0 0\n", maxDevices: 64);

        Assert.Equal(new NetworkCounters(3193, 3193, 58, 0), Assert.Single(devices, device => device.Key == "lo").Value);
    }

    [Fact]
    public void Parse_WhenThereAreTooManyDevices_KeepsTheFirst()
    {
        var text = string.Concat(Enumerable.Range(0, 5).Select(i => $"veth{i}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"));

        Assert.Equal(["veth0", "veth1"], NetworkCounters.Parse(text, maxDevices: 2).Keys.Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Inter-|   Receive |  Transmit\n face |bytes packets\n")]
    [InlineData("eth0: 1 2 3\n")]
    [InlineData("eth0: 1 2 3 4 5 6 7 8 9 10 x\n")]
    [InlineData("eth0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n")]
    public void Parse_WhenMalformed_LeavesTheDeviceOut(string text)
    {
        Assert.Empty(NetworkCounters.Parse(text, maxDevices: 64));
    }
}
