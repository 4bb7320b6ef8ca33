namespace Caravan.TrainingBenchmarks;

/// <summary>What Linux says of this process's memory.</summary>
internal static class ResidentMemory
{
    /// <summary>The high-water mark in MiB, which also holds what libtorch took and gave back.</summary>
    internal static long PeakMebibytes => Bytes("VmHWM:") >> 20;

    /// <summary>Memory that is the process's own now, without the page cache's that it maps.</summary>
    internal static long OwnBytes => Bytes("RssAnon:");

    private static long Bytes(string name)
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan(name.Length, line.Length - name.Length - " kB".Length));
    }
}
