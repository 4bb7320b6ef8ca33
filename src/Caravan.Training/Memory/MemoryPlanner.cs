using Caravan.Checkpoints;
using Caravan.Models;
using Caravan.Models.Parts;
using Caravan.Training.Configuration;

namespace Caravan.Training.Memory;

/// <summary>
/// Computes what a run will take of memory from its configuration and the model's <c>config.json</c>: no weights are
/// loaded. Shapes come from the architecture itself; what is kept and for how long follows the recipes: parameters in
/// their type with fp32 masters and moments, gradients of bf16 parameters summed in fp32 over several passes, logits in
/// chunks.
/// </summary>
public sealed class MemoryPlanner : IDisposable
{
    // As in Caravan.Kernels.LinearCrossEntropy.
    private const long LogitElements = 1 << 23;
    private const long FewestLogitRows = 256;

    // .NET, libtorch and what they keep for themselves on a CPU: threads' scratch memory, oneDNN's compiled kernels,
    // freed memory that lies between tensors. Training steps of a 15M LLaMA took so much beyond their tensors and their
    // file.
    private const long ProgramBytes = 370L << 20;

    private const double Nf4Bytes = (4 + 8.0 / 64 + 32.0 / (64 * 256)) / 8;

    private readonly TrainingConfig _config;
    private readonly LanguageModel _model;
    private readonly AdapterOutline? _adapter;
    private readonly List<LayerMemory> _layers;
    private readonly int _elementSize;

    /// <exception cref="Caravan.Files.BadInputException">The model's configuration cannot be used, or names in the
    /// run's configuration fit nothing in it.</exception>
    public MemoryPlanner(TrainingConfig config)
    {
        _config = config;
        _elementSize = AutomaticPrecision.Of(config) == Precision.Bf16 ? 2 : 4;
        _model = ModelFolder.Outline(ModelConfigFile.Read(config.ModelNameOrPath));
        if (config.UseLora || config.UseQlora)
            _adapter = new AdapterOutline(_model, config);
        _layers = [.. LayersOf(_model).Select(linears => new LayerMemory(_model.Dimensions, linears, _elementSize))];
    }

    private bool IsWhole => _adapter is null;

    private long Hidden => _model.Dimensions.HiddenSize;

    private long Head => _model.OutputWeight.Count;

    /// <summary>The plan for forward passes of so many tokens.</summary>
    public MemoryPlan Plan(long tokens)
    {
        var (parameters, trained) = (ParameterBytes, TrainedParameters);
        var optimizer = trained.Sum(part => part.Count * (part.Size == 4 ? 8 : 12));
        var gradients = trained.Sum(part => part.Count * part.Size);
        var sums = _config.GradientAccumulationSteps > 1 ? trained.Sum(part => part.Size == 4 ? 0 : part.Count * 4) : 0;
        var kept = _layers.Select(layer => layer.Kept(_ => IsWhole, _adapter) * tokens).ToArray();
        var recomputed = _config.GradientCheckpointing ? kept.Max() : 0;
        // The last layer's output, its norm, and what the loss says of it.
        var ends = 3 * Hidden * _elementSize * tokens;
        var activations = ends
            + (_config.GradientCheckpointing ? _layers.Count * Hidden * _elementSize * tokens : kept.Sum());
        var backward = _layers.Max(layer => layer.Backward) * tokens;
        var headGradients = IsWhole ? Head * _elementSize : 0;
        var logits = LogitBytes(tokens);

        var constant = ProgramBytes + parameters + optimizer;
        var atLoss = constant + sums + activations + logits;
        var intoLayers = constant + sums + activations + headGradients + recomputed + backward;
        var atEnd = constant + sums + gradients + headGradients + kept.Max() + backward;
        return new MemoryPlan
        {
            TokensPerPass = tokens,
            ParameterCount = _model.ParameterCount,
            TrainedCount = trained.Sum(part => part.Count),
            Parameters = parameters,
            Gradients = gradients + sums,
            Optimizer = optimizer,
            Activations = activations + recomputed,
            Logits = logits,
            Program = ProgramBytes,
            Peak = new[] { atLoss, intoLayers, atEnd }.Max(),
            KeyValueCache = 2L * _model.Dimensions.Layers * _model.Dimensions.KeyValueHeads * _model.Dimensions.HeadDim
                * _config.MaxSeqLength * _elementSize,
        };
    }

    /// <summary>The most tokens in one forward pass whose peak fits; 0 if none does.</summary>
    public long LargestPass(long memory)
    {
        if (Plan(1).Peak > memory)
            return 0;
        long fits = 1, tooMany = 2;
        while (Plan(tooMany).Peak <= memory && tooMany < 1L << 40)
            (fits, tooMany) = (tooMany, 2 * tooMany);
        while (tooMany - fits > 1)
        {
            var middle = fits + (tooMany - fits) / 2;
            if (Plan(middle).Peak <= memory)
                fits = middle;
            else
                tooMany = middle;
        }
        return fits;
    }

    public void Dispose() => _model.Dispose();

    private long ParameterBytes
    {
        get
        {
            var inLinears = _model.Linears.Values.Sum(linear => linear.Outputs * linear.Inputs);
            var outside = (_model.ParameterCount - inLinears) * _elementSize;
            var linears = _config.UseQlora ? (long)(inLinears * Nf4Bytes) : inLinears * _elementSize;
            // Parameters that are trained whole keep the values they had.
            return outside + linears + (_adapter?.FactorCount * 4 + _adapter?.WholeCount * _elementSize ?? 0);
        }
    }

    // Numbers that are trained, and the bytes of one of them.
    private IEnumerable<(long Count, int Size)> TrainedParameters
    {
        get
        {
            if (_adapter is null)
            {
                var frozen = _model.Parameters.Where(pair => _config.Freeze.Any(
                    name => pair.Key == name || pair.Key.StartsWith(name + '.', StringComparison.Ordinal)));
                return [(_model.ParameterCount - frozen.Sum(pair => pair.Value.Count), _elementSize)];
            }
            return [(_adapter.FactorCount, 4), (_adapter.WholeCount, _elementSize)];
        }
    }

    private long LogitBytes(long tokens)
    {
        long vocabulary = _model.Dimensions.VocabularySize;
        var rows = Math.Min(tokens, Math.Max(FewestLogitRows, LogitElements / vocabulary));
        var chunk = rows * vocabulary * _elementSize;
        if (!IsWhole)
            return chunk;
        // The head's gradient is summed in fp32 over several chunks, each of which has a product of its own first.
        var inFloat32 = rows < tokens && _elementSize < 4;
        return chunk + Head * (inFloat32 ? 4 + _elementSize : _elementSize);
    }

    private static IEnumerable<List<Linear>> LayersOf(LanguageModel model)
    {
        // The number in model.layers.7.mlp.up_proj; linear layers outside of the stack have none.
        return model.Linears.Values
            .Select(linear =>
                (Linear: linear, Layer: Array.Find(linear.Name.Split('.'), part => int.TryParse(part, out _))))
            .Where(pair => pair.Layer is not null)
            .GroupBy(pair => pair.Layer, pair => pair.Linear)
            .Select(group => group.ToList());
    }
}
