using HubServer.AspNetCore.Sources;

namespace HubServer.AspNetCore.Tests.Sources;

public sealed class MemoryUseTests
{
    private const double KiB = 1024;

    [Fact]
    public void Parse_WhenReal_GivesBytes()
    {
        var memory = MemoryUse.Parse(ProcSamples.MemInfo);

        Assert.Equal(
            new MemoryUse(
                Used: (24684084 - 24388436) * KiB,
                Available: 24388436 * KiB,
                Cached: (3404 + 196868 + 17856) * KiB,
                Total: 24684084 * KiB,
                SwapUsed: 148 * KiB),
            memory);
    }

    [Fact]
    public void Parse_WhenKernelDoesNotSayWhatIsAvailable_CountsFreeAndCaches()
    {
        var memory = MemoryUse.Parse("MemTotal: 100 kB\nMemFree: 10 kB\nCached: 20 kB\n");

        Assert.Equal(new MemoryUse(70 * KiB, 30 * KiB, 20 * KiB, 100 * KiB, null), memory);
    }

    [Fact]
    public void Parse_WhenMoreIsAvailableThanThereIs_DoesNotSayWhatIsUsed()
    {
        var memory = MemoryUse.Parse("MemTotal: 100 kB\nMemAvailable: 101 kB\n");

        Assert.NotNull(memory);
        Assert.Null(memory.Value.Used);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MemTotal 100 kB\nMemAvailable")]
    [InlineData("MemTotal: many\nMemAvailable: 10 kB\n")]
    [InlineData("MemTotal: 100 kB\n")]
    public void Parse_WhenMalformed_IsNull(string text)
    {
        Assert.Null(MemoryUse.Parse(text));
    }
}
