using System.Globalization;

namespace HubServer.LoadTest.Scaleout;

/// <summary>What Redis does with the product's script alone.</summary>
/// <param name="RowsPerSecond">Rows appended a second.</param>
/// <param name="CallsPerSecond">Runs of the script a second.</param>
/// <param name="BlocksPerCall">Blocks of a run.</param>
/// <param name="RedisCpu">Milliseconds of Redis for 1,000 rows.</param>
internal sealed record ScriptResult(double RowsPerSecond, double CallsPerSecond, double BlocksPerCall, double RedisCpu)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{RowsPerSecond:N0} rows/s in {CallsPerSecond:N0} calls/s of {BlocksPerCall:N1} blocks; Redis CPU {RedisCpu:F3} ms per 1,000 rows");
}
