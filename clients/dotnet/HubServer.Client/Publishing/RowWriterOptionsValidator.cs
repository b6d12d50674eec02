using Microsoft.Extensions.Options;

namespace HubServer.Client;

/// <summary>Checks <see cref="RowWriterOptions"/> by their attributes.</summary>
[OptionsValidator]
internal sealed partial class RowWriterOptionsValidator : IValidateOptions<RowWriterOptions>;
