using Microsoft.AspNetCore.SignalR;

namespace HubServer.AspNetCore.Tests.BadInput;

/// <summary>Knows no method.</summary>
internal sealed class NoBinder : IInvocationBinder
{
    public static readonly NoBinder Instance = new();

    public Type GetReturnType(string invocationId) => typeof(object);

    public IReadOnlyList<Type> GetParameterTypes(string methodName) => [];

    public Type GetStreamItemType(string streamId) => typeof(object);
}
