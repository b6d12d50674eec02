using System.Buffers;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using HubServer.Protocol;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace HubServer.AspNetCore.Hubs;

/// <summary>
/// Finds which call a JSON hub message was whose JSON does not parse, so that the call can be refused. SignalR would
/// close the connection, and every query on it with it, for one wrong argument.
/// </summary>
internal static class UnreadableCall
{
    private const int Invocation = 1;
    private const int StreamInvocation = 4;

    /// <summary>The call, refused; null where the message does not say what it is before it breaks.</summary>
    public static InvocationBindingFailureMessage? Find(ReadOnlySequence<byte> message, Exception failure)
    {
        var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = int.MaxValue });
        var type = 0;
        string? id = null, target = null;
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName)
                    continue;
                var key = reader.GetString();
                reader.Read();
                switch (key)
                {
                    case "type": type = reader.GetInt32(); break;
                    case "invocationId": id = reader.GetString(); break;
                    case "target": target = reader.GetString(); break;
                }
            }
        }
        catch (Exception broken) when (WireReader.IsMalformed(broken))
        {
            // What stands before the break is enough, or it is not.
        }

        if (type is not (Invocation or StreamInvocation) || string.IsNullOrEmpty(id) || target is null)
            return null;
        var error = ProtocolException.BadRequest($"the arguments of '{target}' are no JSON: {failure.GetBaseException().Message}");
        return new InvocationBindingFailureMessage(id, target, ExceptionDispatchInfo.Capture(new HubException(error.WireMessage)));
    }
}
