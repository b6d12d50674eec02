namespace HubServer.Core.Tests.Simulation;

/// <summary>The simulation's assertion: says what is wrong in the words of the wire contract.</summary>
internal static class Expect
{
    public static void That(bool holds, string otherwise)
    {
        if (!holds)
            throw new BrokenPromiseException(otherwise);
    }
}
