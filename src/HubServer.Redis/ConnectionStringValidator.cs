using HubServer.Core;
using Microsoft.Extensions.Options;

namespace HubServer.Redis;

/// <summary>Refuses a connection string that cannot be read, without repeating it: it may hold a password.</summary>
internal sealed class ConnectionStringValidator : IValidateOptions<HubServerOptions>
{
    public ValidateOptionsResult Validate(string? name, HubServerOptions options)
    {
        if (string.IsNullOrEmpty(options.Backplane.Redis.ConnectionString))
            return ValidateOptionsResult.Success;
        try
        {
            RedisConnection.Configure(options.Backplane.Redis);
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException wrong)
        {
            return ValidateOptionsResult.Fail($"HubServer:Backplane:Redis:ConnectionString cannot be read: {wrong.Message}");
        }
    }
}
