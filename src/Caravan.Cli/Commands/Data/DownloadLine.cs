using Caravan.Checkpoints;
using Caravan.Cli.Commands.Weights;
using Caravan.Files.Downloads;

namespace Caravan.Cli.Commands.Data;

/// <summary>Shows how far each file has come, and says what a transfer waits for.</summary>
internal sealed class DownloadLine(CommandContext context) : IProgress<DownloadProgress>, IDisposable
{
    private ByteProgressLine? _line;
    private string? _file;

    public void Report(DownloadProgress value)
    {
        if (value.File != _file)
        {
            _line?.Clear();
            (_line, _file) = (new ByteProgressLine(context.Terminal, context.Clock), value.File);
        }
        if (value.Trouble is { } trouble)
        {
            _line?.Clear();
            context.Terminal.Error.WriteLine($"caravan: warning: {trouble}");
        }
        _line?.Report(new WriteProgress(value.Bytes, value.Total ?? value.Bytes));
    }

    /// <summary>Takes the line away.</summary>
    public void Clear() => _line?.Clear();

    public void Dispose() => Clear();
}
