using Caravan.Checkpoints;
using Caravan.Files;
using Caravan.Models;
using Caravan.Text;
using Caravan.Torch;

namespace Caravan.Cli.Answers;

/// <summary>All that is needed to generate with a model directory.</summary>
/// <param name="StopTokenIds">The tokens that end an answer, by generation_config.json and the tokenizer.</param>
internal sealed record LoadedModel(LanguageModel Model, Tokenizer Tokenizer, IReadOnlyList<int> StopTokenIds)
    : IDisposable
{
    /// <exception cref="BadInputException">Something is wrong with the directory, or there is no such
    /// device.</exception>
    public static LoadedModel Load(string directory, LoadOptions options)
    {
        var device = options.Device;
        if (device.IsCuda && device.Index >= Libtorch.CudaDeviceCount)
        {
            throw new BadInputException(
                $"--device {device}: this libtorch sees {Libtorch.CudaDeviceCount} CUDA devices. Use --device cpu, or " +
                "run 'caravan doctor' to see what is missing.");
        }
        // First the small files, so that a wrong directory is noticed at once.
        var tokenizer = Tokenizer.Load(directory);
        var stops = new HashSet<int>(GenerationConfigFile.Find(directory)?.EosTokenIds ?? []);
        if (tokenizer.EosTokenId is { } end)
            stops.Add(end);
        return new LoadedModel(ModelFolder.Load(directory, options), tokenizer, [.. stops]);
    }

    public void Dispose() => Model.Dispose();
}
