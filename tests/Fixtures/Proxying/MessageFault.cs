namespace HubServer.Fixtures.Proxying;

/// <summary>What shall happen to one message, and whether it has.</summary>
internal sealed class MessageFault(MessageFaultKind kind, Predicate<PubSubMessage> which)
{
    public MessageFaultKind Kind { get; } = kind;

    public TaskCompletionSource<PubSubMessage> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsFor(PubSubMessage message) => which(message);
}
