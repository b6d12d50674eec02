using HubServer.Fixtures;

namespace HubServer.Tests.Fixtures;

/// <summary>Prometheus' text format as the tests read it.</summary>
public sealed class MetricSamplesTests
{
    [Fact]
    public void Parse_FindsSamplesByNameAndLabelsInAnyOrder()
    {
        var samples = MetricSamples.Parse("""
            # HELP rows_total All rows.
            # TYPE rows_total counter
            rows_total{otel_scope_name="HubServer",way="in",node="a"} 12 1700000000000
            rows_total{otel_scope_name="HubServer",way="out",node="a"} 1.5E+3
            # TYPE empty gauge
            empty 0
            # TYPE delay histogram
            delay_bucket{le="+Inf"} 3
            delay_sum NaN
            delay_count +Inf
            # TYPE text gauge
            text{value="a \"b\" \\ {c}, d=\"e\"\n"} -Inf
            # EOF
            """);

        Assert.Equal(12, samples["rows_total", ("node", "a"), ("way", "in")]);
        Assert.Equal(1_500, samples["rows_total", ("way", "out"), ("node", "a")]);
        Assert.Equal(1_512, samples.Sum("rows_total"));
        Assert.Equal(0, samples["empty"]);
        Assert.Equal(3, samples["delay_bucket", ("le", "+Inf")]);
        Assert.Equal((double.NaN, double.PositiveInfinity), (samples["delay_sum"], samples["delay_count"]));
        Assert.Equal(double.NegativeInfinity, samples["text", ("value", "a \"b\" \\ {c}, d=\"e\"\n")]);
        Assert.Equal(["delay_bucket", "delay_count", "delay_sum", "empty", "rows_total", "text"], samples.Names.Order());
    }

    [Fact]
    public void Find_WhenThereIsNone_GivesNullAndTheIndexerSaysWhatThereIs()
    {
        var samples = MetricSamples.Parse("# TYPE rows_total counter\nrows_total{way=\"in\"} 1\n");

        Assert.Null(samples.Find("rows_total"));
        Assert.Equal(0, samples.Sum("other"));
        var failure = Assert.Throws<KeyNotFoundException>(() => samples["rows_total", ("way", "out")]);
        Assert.Equal("no rows_total{way=\"out\"}; there are: rows_total{way=\"in\"}", failure.Message);
    }

    [Theory]
    [InlineData("rows_total 1", "without a type")]
    [InlineData("# TYPE a counter\na", "no sample")]
    [InlineData("# TYPE a counter\na{b=c} 1", "no sample")]
    [InlineData("# TYPE a counter\na{b=\"c\"} one", "no sample")]
    [InlineData("# TYPE a counter\na{b=\"c\",d=\"e\"} 1\na{d=\"e\",b=\"c\"} 1", "twice")]
    [InlineData("# TYPE a counter\n# TYPE a gauge", "described twice")]
    public void Parse_OfWhatDoesNotFollowTheFormat_Fails(string text, string because)
    {
        Assert.Contains(because, Assert.Throws<FormatException>(() => MetricSamples.Parse(text)).Message, StringComparison.Ordinal);
    }
}
