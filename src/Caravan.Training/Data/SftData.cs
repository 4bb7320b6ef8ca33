using System.Security.Cryptography;
using System.Text;
using Caravan.Data;
using Caravan.Data.Lineage;
using Caravan.Data.Mixtures;
using Caravan.Files;
using Caravan.Text;

namespace Caravan.Training.Data;

/// <summary>The records of a supervised finetuning run as tokens, checked: those to learn from and those held out.
/// </summary>
internal sealed class SftData : IDisposable
{
    private readonly List<TokenizedFile> _files = [];

    private SftData(
        SftConfig config, Tokenizer tokenizer, ChatTemplate template, Action<string> say, CancellationToken stop)
    {
        var cache = config.DatasetLocalCacheDir ?? DefaultCache;
        var settings = new TokenizationSettings(tokenizer, template, config.MaxSeqLength);
        TokenizedFile Open(string path)
        {
            var file = TokenizedFile.Open(path, cache, settings, config.OverwriteCache, cancellation: stop);
            _files.Add(file);
            DataGate.Check(file.Preflight, config.Preflight, path, say);
            return file;
        }

        var wanted = DataFiles.Resolve(config.TrainFile, config.DatasetMixer);
        List<(TokenizedFile File, MixtureAmount Amount)> parts =
            [.. wanted.Select(part => (Open(part.Path), part.Amount))];
        foreach (var (file, amount) in parts)
        {
            if (amount.Doubt(file.Count, file.Name) is { } doubt)
                say(doubt);
        }
        var train = RecordSelection.Of(parts, config.Seed).First(config.MaxTrainSamples ?? int.MaxValue);
        RecordSelection? heldOut = null;
        if (config.ValidationFile is { } name)
            heldOut = RecordSelection.Of(
                [.. DataFiles.Files(name, "validation_file").Select(path => (Open(path), MixtureAmount.All))],
                config.Seed);
        else if (config.ValidationSplit > 0)
            (train, heldOut) = train.Split(config.ValidationSplit, config.Seed);
        Train = train.ToTrainingSet();
        HeldOut = heldOut?.ToTrainingSet();
        Sources = [.. parts.Select(part => new DataSource(
            part.File.Name, part.File.Source, part.File.Count, part.Amount.Text, LineageOf(part.File.Name)))];
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(
            Encoding.UTF8.GetBytes(string.Join('\n', _files.Select(file => file.Key)))));
    }

    public TrainingSet Train { get; }

    public TrainingSet? HeldOut { get; }

    public IReadOnlyList<DataSource> Sources { get; }

    /// <summary>Equal for the same bytes of all files under the same tokenizer, template and length.</summary>
    public string Fingerprint { get; }

    /// <exception cref="BadInputException">A file is missing, a record is broken or fails the checks, or nothing is
    /// left to train on.</exception>
    public static SftData Open(
        SftConfig config, Tokenizer tokenizer, ChatTemplate template, Action<string> say, CancellationToken stop) =>
        new(config, tokenizer, template, say, stop);

    public void Dispose() => _files.ForEach(file => file.Dispose());

    private static string DefaultCache => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "caravan", "tokens");

    private static Manifest? LineageOf(string file)
    {
        var path = Manifest.PathFor(file);
        return File.Exists(path) ? Manifest.Load(path) : null;
    }
}
