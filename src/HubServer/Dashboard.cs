using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace HubServer;

/// <summary>Serves the web page that the build embedded; without one, <c>/</c> is a text.</summary>
internal static partial class Dashboard
{
    private const string Prefix = "dashboard/";
    private const string IndexName = "index.html";

    /// <summary>
    /// Nothing but what this server sent itself, and no script or style inside the page: a channel's name that holds
    /// markup cannot do anything even if it were taken for markup. 'self' covers ws: and wss: of the same origin.
    /// </summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

    // The names of the assets hold a hash of their content; the page that names them is asked for each time.
    private const string Forever = "public, max-age=31536000, immutable";
    private const string AskFirst = "no-cache";

    /// <summary>Maps <c>/</c> and what the page loads.</summary>
    public static void MapDashboard(this WebApplication app)
    {
        var assets = DashboardAsset.ReadAll(Assembly.GetExecutingAssembly(), Prefix);
        if (!assets.ContainsKey(IndexName))
        {
            app.MapGet("/", Welcome.Page);
            return;
        }

        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        foreach (var (name, asset) in assets)
        {
            var path = name == IndexName ? "/" : $"/{name}";
            app.MapMethods(path, methods, (HttpContext context) => Send(context, asset, isPage: name == IndexName));
        }
    }

    /// <summary>
    /// Serves everything under the path that <c>HubServer:PathBase</c> or <c>ASPNETCORE_PATHBASE</c> names. A proxy that
    /// strips its prefix needs none: every address in the page is relative.
    /// </summary>
    public static void UseConfiguredPathBase(this WebApplication app)
    {
        var pathBase = PathBaseOf(app.Configuration);
        if (!pathBase.HasValue)
            return;
        app.UsePathBase(pathBase);

        // Relative addresses need the slash: those of a page at /live would leave out `live`.
        app.Use((context, next) =>
        {
            if (context.Request.Path.HasValue || context.Request.PathBase != pathBase)
                return next(context);
            context.Response.Redirect($"{pathBase}/{context.Request.QueryString}");
            return Task.CompletedTask;
        });

        // Routes are matched before any of this unless they are asked for here.
        app.UseRouting();
    }

    /// <summary>The path that everything is served under, empty for none.</summary>
    /// <exception cref="OptionsValidationException">It is no path.</exception>
    public static PathString PathBaseOf(IConfiguration configuration)
    {
        var path = (configuration["HubServer:PathBase"] ?? configuration["PathBase"] ?? "").Trim('/');
        if (path.Length == 0)
            return default;
        if (!PlainPath().IsMatch(path))
            throw new OptionsValidationException("PathBase", typeof(string), [$"HubServer:PathBase is '{path}'; it is a path of letters, digits and - . _ ~ such as /live or /tools/live"]);
        return $"/{path}";
    }

    [GeneratedRegex(@"^(?!\.+(?:/|$))[A-Za-z0-9._~-]+(?:/(?!\.+(?:/|$))[A-Za-z0-9._~-]+)*$")]
    private static partial Regex PlainPath();

    private static FileContentHttpResult Send(HttpContext context, DashboardAsset asset, bool isPage)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = isPage ? AskFirst : Forever;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.Vary = "Accept-Encoding";
        if (isPage)
            headers.ContentSecurityPolicy = ContentSecurityPolicy;

        var (encoding, body, tag) = asset.For(context.Request.Headers.AcceptEncoding.ToString());
        if (encoding is not null)
            headers.ContentEncoding = encoding;
        return TypedResults.Bytes(body, asset.ContentType, entityTag: tag);
    }
}
