using Microsoft.Extensions.Options;

namespace HubServer.Core;

/// <summary>Checks <see cref="HubServerOptions"/> at start.</summary>
[OptionsValidator]
public sealed partial class HubServerOptionsValidator : IValidateOptions<HubServerOptions>;
