namespace HubServer.Core.Tests.Backplane;

public sealed class InMemoryBackplaneTests : BackplaneContractTests
{
    protected override IBackplane CreateBackplane() => new InMemoryBackplane(Options, TimeProvider.System);
}
