using System.Buffers;
using System.Diagnostics;
using System.Globalization;

namespace HubServer.LoadTest.Fanout;

/// <summary>
/// nchan in nginx, as one process: a WebSocket over all channels at once; a POST for each row, those of a tick in one write.
/// </summary>
internal sealed class NchanSystem : IFanoutSystem
{
    private const string Program = "/usr/sbin/nginx";
    private const string Module = "/usr/lib/nginx/modules/ngx_nchan_module.so";

    public string Name => "nchan";

    public string? InstallCommand => File.Exists(Program) && File.Exists(Module) ? null : "apt-get install -y nginx libnginx-mod-nchan";

    public string? ReadyPath => null;

    public IRowScanner Scanner { get; } = new TextRowScanner();

    public ProcessStartInfo ServerOf(FanoutLoad load, string folder, int port, int secondPort)
    {
        var configuration = Path.Combine(folder, "nginx.conf");
        File.WriteAllText(configuration, Configuration(load, folder, port));
        return new ProcessStartInfo(Program, ["-e", "stderr", "-p", folder, "-c", configuration]);
    }

    public Opening ViewerOf(FanoutLoad load, int viewer, Variety variety) => new($"/sub/{string.Join(',', load.ChannelIds)}");

    public Opening PublisherOf(PublishForm form) => new(Path: null);

    public void WriteRows(IBufferWriter<byte> to, PublishForm form, ReadOnlySpan<string> channels, double stamp)
    {
        foreach (var channel in channels)
            to.WritePost($"/pub/{channel}", stamp);
    }

    /// <summary>Where the past is wanted it is sent from the oldest message on, as many as the load keeps.</summary>
    private static string Configuration(FanoutLoad load, string folder, int port) => string.Create(CultureInfo.InvariantCulture, $$"""
        load_module {{Module}};
        daemon off;
        master_process off;
        error_log stderr warn;
        pid {{folder}}/nginx.pid;
        worker_rlimit_nofile 20000;
        events { worker_connections 20000; }
        http {
          access_log off;
          client_body_temp_path {{folder}}/body;
          proxy_temp_path {{folder}}/proxy;
          fastcgi_temp_path {{folder}}/fastcgi;
          uwsgi_temp_path {{folder}}/uwsgi;
          scgi_temp_path {{folder}}/scgi;
          keepalive_timeout 1h;
          keepalive_requests 1000000000;
          nchan_shared_memory_size 256M;
          server {
            listen 127.0.0.1:{{port}} backlog=4096;
            location ~ ^/pub/(.+)$ {
              nchan_publisher http;
              nchan_channel_id $1;
              nchan_message_timeout 1h;
              nchan_message_buffer_length {{Math.Max(100, load.PastRows)}};
            }
            location ~ ^/sub/(.+)$ {
              nchan_subscriber websocket;
              nchan_channel_id $1;
              nchan_channel_id_split_delimiter ",";
              nchan_subscriber_first_message {{(load.PastRows > 0 ? "oldest" : "newest")}};
            }
          }
        }
        """);
}
