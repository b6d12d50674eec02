namespace HubServer.AspNetCore.Tests.Sources;

/// <summary>A folder that stands for <c>/proc</c>, with the captured samples in it.</summary>
internal sealed class ProcFolder : IDisposable
{
    public ProcFolder()
    {
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "net"));
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "self"));
        Write("stat", ProcSamples.Stat);
        Write("meminfo", ProcSamples.MemInfo);
        Write("loadavg", ProcSamples.LoadAvg);
        Write("diskstats", ProcSamples.DiskStats);
        Write("net/dev", ProcSamples.NetDev);
        Write("self/stat", ProcSamples.SelfStat);
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("hubserver-proc-").FullName;

    public void Write(string file, string text) => File.WriteAllText(System.IO.Path.Combine(Path, file), text);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
