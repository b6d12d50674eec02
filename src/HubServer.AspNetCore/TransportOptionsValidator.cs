using Microsoft.Extensions.Options;

namespace HubServer.AspNetCore;

/// <summary>Checks <see cref="TransportOptions"/> at start.</summary>
[OptionsValidator]
internal sealed partial class TransportOptionsValidator : IValidateOptions<TransportOptions>;
