using Caravan.Checkpoints;
using Caravan.Files;
using Caravan.Models;
using Caravan.Models.Adapters;
using Caravan.Text;
using Caravan.Torch;
using Caravan.Training.Configuration;
using Caravan.Training.Run;

namespace Caravan.Training.Models;

/// <summary>The model of a run and what of it is trained: all of it but what is frozen, or an adapter on it.</summary>
internal sealed class TrainedModel : IDisposable
{
    private readonly LoraAdapter? _adapter;

    private TrainedModel(LanguageModel model, LoraAdapter? adapter, string? baseFingerprint = null) =>
        (Model, _adapter, BaseFingerprint) = (model, adapter, baseFingerprint);

    public LanguageModel Model { get; }

    /// <summary>Of what an adapter is trained on; null where all of the model is.</summary>
    public string? BaseFingerprint { get; }

    /// <summary>What has gradients, by its name on the disk.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Parameters => Stored.Where(pair => pair.Value.RequiresGrad);

    /// <summary>Numbers that are trained.</summary>
    public long TrainedCount => Parameters.Sum(pair => pair.Value.Count);

    /// <summary>What a checkpoint of the model takes on the disk.</summary>
    public long StoredBytes => SavedTensors.Bytes(Stored);

    private IEnumerable<KeyValuePair<string, Tensor>> Stored => _adapter?.Parameters ?? Model.Parameters;

    /// <summary>Loads the model as the configuration wants it trained.</summary>
    /// <param name="checkpoint">Where a run goes on from; null at its beginning.</param>
    /// <param name="largestTokenId">Of all data.</param>
    /// <exception cref="BadInputException">It cannot be used, or does not fit the tokenizer.</exception>
    public static TrainedModel Load(
        TrainingConfig config, Tokenizer tokenizer, int largestTokenId, string? checkpoint, Action<string> say)
    {
        var adapts = config.UseLora || config.UseQlora;
        // A full model that goes on takes its parameters from its checkpoint, an adapter's base stays where it is.
        var directory = adapts ? config.ModelNameOrPath : checkpoint ?? config.ModelNameOrPath;
        var dtype = config.Dtype == Precision.Bf16 ? Dtype.BFloat16 : Dtype.Float32;
        var rows = GrownVocabulary(directory, config, tokenizer, say);
        var model = ModelFolder.Load(directory, new LoadOptions
        {
            Dtype = dtype,
            Device = Device.Parse(config.Device),
            ForTraining = true,
            Linears = config.UseQlora ? WeightPrecision.Nf4 : WeightPrecision.Full,
            VocabularySize = rows,
            Seed = config.Seed,
            Strict = config.Strict,
            Warn = say,
        });
        try
        {
            CheckTokens(model, tokenizer, largestTokenId, config.ModelNameOrPath);
            CheckLength(model, config.MaxSeqLength, say);
            if (rows is not null && config.NewTokenInit == "mean")
                FillWithMean(model, ModelConfigFile.Read(directory).GetInt("vocab_size"));
            model.GradientCheckpointing = config.GradientCheckpointing;
            if (!config.DisableDropout)
                model.Dropout = new DropoutStream(config.Seed);
            return adapts ? Adapt(model, config, checkpoint) : Whole(model, config);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>What the result of the run takes on the disk.</summary>
    /// <param name="merge">See <see cref="Save"/>.</param>
    public long ResultBytes(bool merge) =>
        (_adapter is null ? 0 : StoredBytes)
        + (_adapter is null || merge ? Model.ParameterCount * Model.Dtype.Size() : 0);

    /// <summary>Writes what is trained into a checkpoint.</summary>
    /// <returns>The SHA-256 of each file of weights, by its name.</returns>
    public IReadOnlyDictionary<string, string> WriteCheckpoint(string folder) =>
        _adapter is null ? ModelFolder.Save(Model, folder) : _adapter.Save(folder);

    /// <summary>Writes the first numbers of each tensor of a checkpoint.</summary>
    /// <returns>As <see cref="WriteCheckpoint"/>.</returns>
    public IReadOnlyDictionary<string, string> WriteTrial(string folder) =>
        SavedTensors.Write(folder, "model.safetensors", SavedTensors.Beginnings(Stored));

    /// <summary>Writes the result of the run: a model, an adapter, or, merged, both.</summary>
    public void Save(string folder, bool merge)
    {
        if (_adapter is not null)
            _adapter.Save(merge ? Path.Combine(folder, "adapter") : folder);
        if (_adapter is not null && !merge)
            return;
        _adapter?.Merge();
        DiskSpace.Require(folder, ResultBytes(merge));
        ModelFolder.Save(Model, folder);
    }

    public void Dispose()
    {
        _adapter?.Dispose();
        Model.Dispose();
    }

    private static TrainedModel Whole(LanguageModel model, TrainingConfig config)
    {
        if (model.Linears.Values.Any(linear => linear.Quantized is not null))
        {
            throw new BadInputException(
                $"{Path.Combine(config.ModelNameOrPath, ModelConfigFile.FileName)}: quantization_config: the weights " +
                "are stored in 4 bits, which cannot be trained. Train an adapter on them (use_qlora), or write the " +
                "model in bf16 first, with caravan weights convert.");
        }
        model.RequireGradients();
        FrozenParameters.Freeze(model, config.Freeze);
        return new TrainedModel(model, null);
    }

    private static TrainedModel Adapt(LanguageModel model, TrainingConfig config, string? checkpoint)
    {
        if (config.Freeze.Count > 0)
            throw new BadInputException(
                "freeze: with an adapter all of the model is frozen already. Remove the key, or choose lora_targets.");
        var fingerprint = Models.BaseFingerprint.Of(config.ModelNameOrPath);
        if (checkpoint is not null)
            return new TrainedModel(model, LoraAdapter.Load(model, checkpoint), fingerprint);
        var lora = new LoraConfig
        {
            Rank = config.LoraRank,
            Alpha = config.LoraAlpha,
            Dropout = config.LoraDropout,
            UseRslora = config.UseRslora,
            Targets = LoraTargets.Parse(config.LoraTargets),
            ModulesToSave = config.ModulesToSave,
        };
        return new TrainedModel(
            model, LoraAdapter.Attach(model, lora, config.Seed, config.ModelNameOrPath), fingerprint);
    }

    // Tokens that were added to the tokenizer get rows; other ids beyond the embedding mean a wrong tokenizer.
    private static int? GrownVocabulary(
        string directory, TrainingConfig config, Tokenizer tokenizer, Action<string> say)
    {
        if (!Directory.Exists(directory))
            return null; // the loading says so
        var rows = ModelConfigFile.Read(directory).GetInt("vocab_size");
        var isGrown = tokenizer.VocabularySize > rows
            && Enumerable.Range(rows, tokenizer.VocabularySize - rows).All(tokenizer.IsAdded);
        if (!isGrown)
            return null;
        if (config.UseQlora || (config.UseLora && config.ModulesToSave.Count == 0))
        {
            throw new BadInputException(
                $"{directory}: the tokenizer has {tokenizer.VocabularySize} tokens and the embedding {rows} rows. An " +
                "adapter holds no rows for added tokens unless modules_to_save names embed_tokens and lm_head (and " +
                "use_qlora is off).");
        }
        say($"The embedding grows from {rows} to {tokenizer.VocabularySize} rows for the tokens that were added to " +
            "the tokenizer.");
        return tokenizer.VocabularySize;
    }

    // The rows of added tokens become the mean of the others, in the embedding and in a head of its own.
    private static void FillWithMean(LanguageModel model, int before)
    {
        using var noGradients = GradientMode.Disable();
        using var scope = new TensorScope();
        foreach (var weight in new[] { model.Parameters.First().Value, model.OutputWeight }.Distinct())
        {
            var mean = weight.narrow(0, 0, before).to(Dtype.Float32).mean(0);               // [hidden]
            weight.narrow(0, before, weight.Size(0) - before).copy_(mean);
        }
    }

    private static void CheckTokens(LanguageModel model, Tokenizer tokenizer, int largest, string path)
    {
        if (largest < model.VocabularySize)
            return;
        throw new BadInputException(
            $"{path}: the data holds token id {largest} ({tokenizer.TokenOf(largest)}) and the model's embedding has " +
            $"{model.VocabularySize} rows: tokenizer and model do not belong together. Check tokenizer_name.");
    }

    private static void CheckLength(LanguageModel model, int maxSeqLength, Action<string> say)
    {
        if (maxSeqLength <= model.MaxPositions)
            return;
        // A table of positions ends where it ends; rotary positions go on.
        var table = model.Parameters.Select(pair => pair.Key).FirstOrDefault(name =>
            name.EndsWith("embed_positions.weight", StringComparison.Ordinal)
            || name.EndsWith("wpe.weight", StringComparison.Ordinal));
        if (table is not null)
        {
            throw new BadInputException(
                $"max_seq_length is {maxSeqLength}, and the model has {model.MaxPositions} positions ({table}). " +
                "Lower it.");
        }
        say($"max_seq_length is {maxSeqLength}, and the model was trained on {model.MaxPositions} positions: what " +
            "stands further behind is new to it.");
    }
}
