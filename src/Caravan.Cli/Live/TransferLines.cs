using Caravan.Checkpoints;
using Caravan.Cli.Commands.Weights;
using Caravan.Files.Downloads;

namespace Caravan.Cli.Live;

/// <summary>What a download prints: a line of progress, of all files or of one after the other, and lines above it. May
/// be used by several threads.</summary>
internal sealed class TransferLines(CommandContext context)
    : IProgress<WriteProgress>, IProgress<DownloadProgress>, IDisposable
{
    private readonly Lock _lock = new();
    private ByteProgressLine _line = new(context.Terminal, context.Clock);
    private string? _file;

    public void Report(WriteProgress value)
    {
        lock (_lock)
            _line.Report(value);
    }

    public void Report(DownloadProgress value)
    {
        lock (_lock)
        {
            if (value.File != _file)
            {
                _line.Clear();
                (_line, _file) = (new ByteProgressLine(context.Terminal, context.Clock), value.File);
            }
            _line.Report(new WriteProgress(value.Bytes, value.Total ?? value.Bytes));
        }
    }

    /// <summary>A line on standard output.</summary>
    public void Say(string line) => Write(context.Terminal.Out, line);

    /// <summary>A warning on standard error.</summary>
    public void Warn(string trouble) => Write(context.Terminal.Error, $"caravan: warning: {trouble}");

    public void Dispose()
    {
        lock (_lock)
            _line.Clear();
    }

    private void Write(TextWriter writer, string line)
    {
        lock (_lock)
        {
            _line.Clear();
            writer.WriteLine(line);
        }
    }
}
