namespace HubServer;

/// <summary>
/// A small publish is handled on the thread that its socket's bytes arrive at. .NET hands each event of a socket to the
/// thread pool, which wakes a thread for it and a second one in case there is more: for a node that takes some hundred
/// rows a second these wake-ups cost more than all the rest (src/ARCHITECTURE.md has the figures).
/// <para>
/// There is one such thread for each core, so nothing may wait on one and nothing long may run there. HubServer awaits
/// whatever takes time; what may compute for longer goes on in the thread pool.
/// </para>
/// </summary>
internal static class InlineSockets
{
    /// <summary>The runtime's only switch for it, which is read when the first socket is used.</summary>
    private const string Switch = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Handles events on the threads of the sockets, unless the environment says otherwise; call it before anything uses a socket.</summary>
    public static void UseInlineSockets(this WebApplicationBuilder builder)
    {
        if (Environment.GetEnvironmentVariable(Switch) is null)
            Environment.SetEnvironmentVariable(Switch, "1");
        builder.WebHost.UseSockets(static options => options.UnsafePreferInlineScheduling = true);
    }

    /// <summary>Takes every request but a POST off the socket's thread. Publishes and the hub leave it where there is more to do.</summary>
    public static void UseThreadPoolForAllButPosts(this IApplicationBuilder app) => app.Use(static async (context, next) =>
    {
        if (!HttpMethods.IsPost(context.Request.Method))
            await Task.Yield();
        await next(context);
    });
}
