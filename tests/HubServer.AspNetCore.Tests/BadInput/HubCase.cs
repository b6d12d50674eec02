namespace HubServer.AspNetCore.Tests.BadInput;

/// <summary>A wrong call, and how it has to be answered.</summary>
/// <param name="Method">The hub method.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Code">The error's code.</param>
/// <param name="Text">What its text holds: the place.</param>
internal sealed record HubCase(string Method, object?[] Arguments, string Code, string Text);
