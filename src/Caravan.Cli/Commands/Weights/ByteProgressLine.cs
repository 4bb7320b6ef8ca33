using Caravan.Checkpoints;
using Caravan.Cli.Terminals;
using Caravan.Files;

namespace Caravan.Cli.Commands.Weights;

/// <summary>
/// One line on standard error that a person can watch: bytes done, rate, time left. Silent elsewhere.
/// </summary>
internal sealed class ByteProgressLine(Terminal terminal, TimeProvider clock) : IProgress<WriteProgress>, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly long _start = clock.GetTimestamp();
    private TimeSpan _shown = TimeSpan.MinValue;
    private long _first = -1;

    public void Report(WriteProgress value)
    {
        if (!terminal.ErrorIsTerminal)
            return;
        lock (_lock)
        {
            // What an earlier run had finished does not count towards the rate.
            if (_first < 0)
                _first = value.Bytes;
            var elapsed = clock.GetElapsedTime(_start);
            if (_shown != TimeSpan.MinValue && elapsed - _shown < Interval && value.Bytes < value.TotalBytes)
                return;
            _shown = elapsed;
            var rate = (value.Bytes - _first) / Math.Max(elapsed.TotalSeconds, 0.001);
            var left = rate > 0
                ? TimeSpan.FromSeconds(Math.Min((value.TotalBytes - value.Bytes) / rate, 360_000))
                : TimeSpan.Zero;
            var done = value.TotalBytes == 0 ? 100 : 100 * value.Bytes / value.TotalBytes;
            terminal.Error.Write(
                $"\r{done,3} %  {ByteSize.Format(value.Bytes)} of {ByteSize.Format(value.TotalBytes)}  " +
                $"{ByteSize.Format((long)rate)}/s  {left:h\\:mm\\:ss} left\e[K");
        }
    }

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        if (_shown != TimeSpan.MinValue)
            terminal.Error.Write("\r\e[K");
        _shown = TimeSpan.MinValue;
    }

    public void Dispose() => Clear();
}
