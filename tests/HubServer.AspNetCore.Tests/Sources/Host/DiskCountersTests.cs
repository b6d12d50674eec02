using HubServer.AspNetCore.Sources;

namespace HubServer.AspNetCore.Tests.Sources;

public sealed class DiskCountersTests
{
    [Fact]
    public void Parse_WhenReal_GivesTheDiskWithoutLoopAndZram()
    {
        var disks = DiskCounters.Parse(ProcSamples.DiskStats, maxDisks: 64);

        var (name, counters) = Assert.Single(disks);
        Assert.Equal("vda", name);
        Assert.Equal(new DiskCounters(8054, 1711682 * 512, 1114, 441656 * 512, 7952), counters);
    }

    [Theory]
    [InlineData("sda sda1 sda2 sdb", "sda sdb")]
    [InlineData("sda sdaa", "sda sdaa")]
    [InlineData("nvme0n1 nvme0n1p1 nvme0n1p2 nvme1n1", "nvme0n1 nvme1n1")]
    [InlineData("mmcblk0 mmcblk0p1 mmcblk0boot0", "mmcblk0 mmcblk0boot0")]
    [InlineData("dm-1 dm-10 md1 md127 md1p1", "dm-1 dm-10 md1 md127")]
    [InlineData("xvda1", "xvda1")]
    [InlineData("ram0 loop3 zram1 vda", "vda")]
    public void Parse_WhenThereArePartitions_KeepsWholeDisks(string names, string expected)
    {
        var text = string.Concat(names.Split(' ').Select(name => $"   8       1 {name} 1 0 8 0 1 0 8 0 0 4 4\n"));

        Assert.Equal(expected.Split(' ').Order(), DiskCounters.Parse(text, maxDisks: 64).Keys.Order());
    }

    [Fact]
    public void Parse_WhenThereAreTooManyDisks_KeepsTheFirst()
    {
        var text = string.Concat("abcde".Select(letter => $"8 1 sd{letter} 1 0 8 0 1 0 8 0 0 4 4\n"));

        Assert.Equal(["sda", "sdb"], DiskCounters.Parse(text, maxDisks: 2).Keys.Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData("   8       1 sda1 10 20 30 40\n")]
    [InlineData("8 1 sda 1 0 8 0 x 0 8 0 0 4 4\n")]
    [InlineData("8 1")]
    [InlineData("11 0 sr0 0 0 0 0 0 0 0 0 0 0 0\n")]
    public void Parse_WhenMalformedOrUnused_LeavesTheDiskOut(string text)
    {
        Assert.Empty(DiskCounters.Parse(text, maxDisks: 64));
    }
}
