using Microsoft.Extensions.Options;

namespace HubServer.Client;

/// <summary>Checks <see cref="HubServerClientOptions"/> by their attributes.</summary>
[OptionsValidator]
internal sealed partial class HubServerClientOptionsValidator : IValidateOptions<HubServerClientOptions>;
