using Caravan.Checkpoints;
using Caravan.Models;
using Caravan.Models.Parts;
using Caravan.Torch;
using Caravan.Training.Configuration;

namespace Caravan.Training.Memory;

/// <summary>
/// Computes what a run will take of memory from its configuration and the model's <c>config.json</c>: no weights are
/// loaded. Shapes come from the architecture itself, what kernels need beside their results from the kernels; what is
/// kept and for how long follows the recipes: parameters in their type, what makes fp32 numbers of those in bf16, and
/// moments, gradients of bf16 parameters summed in fp32 where there are several passes, logits in chunks. The peak is
/// the greatest of the moments in an update at which something large begins to exist.
/// </summary>
public sealed class MemoryPlanner : IDisposable
{
    // .NET, libtorch and the compiled program: 200 MiB in training steps of a model of a few thousand numbers. With
    // larger ones 60 for buffers of loading, the managed heap and what lies between small tensors.
    private const long ProgramBytes = 260L << 20;

    // Token ids, positions and targets; sums of the loss.
    private const long TokenBytes = 3 * sizeof(long) + 2 * sizeof(float);

    private const int BlockOfScale = 256; // of 8-bit moments

    private const double Nf4Bytes = (4 + 8.0 / 64 + 32.0 / (64 * 256)) / 8;

    private readonly TrainingConfig _config;
    private readonly LanguageModel _model;
    private readonly AdapterOutline? _adapter;
    private readonly List<LayerMemory> _layers;
    private readonly Dtype _dtype;
    private readonly int _elementSize;

    /// <exception cref="Caravan.Files.BadInputException">The model's configuration cannot be used, or names in the
    /// run's configuration fit nothing in it.</exception>
    public MemoryPlanner(TrainingConfig config)
    {
        _config = config;
        _dtype = AutomaticPrecision.Of(config) == Precision.Bf16 ? Dtype.BFloat16 : Dtype.Float32;
        _elementSize = _dtype.Size();
        _model = ModelFolder.Outline(ModelConfigFile.Read(config.ModelNameOrPath));
        if (config.UseLora || config.UseQlora)
            _adapter = new AdapterOutline(_model, config);
        _layers = [.. LayersOf(_model).Select(linears => new LayerMemory(_model.Dimensions, linears, _elementSize))];
    }

    private bool IsWhole => _adapter is null;

    // What bitsandbytes has saved in 4 bits stays so.
    private bool IsQuantized => _config.UseQlora || _model.Config.Has("quantization_config");

    private long Hidden => _model.Dimensions.HiddenSize;

    /// <summary>The plan for forward passes of so many tokens.</summary>
    public MemoryPlan Plan(long tokens)
    {
        var (parameters, trained) = (ParameterBytes, TrainedParameters.ToArray());
        var optimizer = trained.Sum(
            part => part.Count * StateBytes(part.Size) + part.Count * ScaleBytes / BlockOfScale);
        var gradients = trained.Sum(part => part.Count * part.Size);
        // A single pass's gradients are used as they are.
        var sums = _config.GradientAccumulationSteps > 1 ? trained.Sum(part => part.Size == 4 ? 0 : part.Count * 4) : 0;
        var layers = _layers.Select(layer => layer.Kept(IsWhole, _adapter) * tokens).ToArray();
        var hidden = Hidden * _elementSize * tokens;
        // The last layer's output, its norm, and what the loss says of it.
        var ends = 3 * hidden;
        var kept = ends + (_config.GradientCheckpointing ? _layers.Count * hidden : layers.Sum());
        var recomputed = _config.GradientCheckpointing ? layers.Max() : 0;
        var forward = _layers.Max(layer => layer.Forward(IsWhole, _adapter)) * tokens;
        var backward = _layers.Max(layer => layer.Backward(_adapter, IsQuantized)) * tokens;
        var loss = new LossMemory(tokens, _model.OutputWeight, _dtype, IsWhole);
        var products = Math.Max(loss.Products, _layers.Max(layer => layer.Products(tokens, _dtype, IsWhole)));

        var constant = ProgramBytes + parameters + optimizer + sums + products
            + tokens * (TokenBytes + _model.Dimensions.HeadDim * sizeof(float));
        var moments = new[]
        {
            constant + kept + forward,
            constant + kept + loss.Logits + loss.WeightSum,
            // Both gradients of the loss are scaled into new ones.
            constant + kept + hidden + loss.WeightSum + loss.WeightGradient,
            // The last layer's backward pass begins, …
            constant + kept + loss.WeightGradient + recomputed + Math.Max(forward, backward),
            // … and the first one's ends: a tied embedding's gradient is there twice before it is added up.
            constant + gradients + loss.WeightGradient + layers.Max() + backward + hidden,
            constant + gradients,
        };
        return new MemoryPlan
        {
            TokensPerPass = tokens,
            ParameterCount = _model.ParameterCount,
            TrainedCount = trained.Sum(part => part.Count),
            Parameters = parameters,
            Gradients = gradients + sums,
            Optimizer = optimizer,
            Activations = kept + recomputed,
            Logits = loss.Logits + loss.WeightSum + products,
            Program = ProgramBytes,
            Peak = moments.Max(),
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
            var linears = IsQuantized ? (long)(inLinears * Nf4Bytes) : inLinears * _elementSize;
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

    // Two moments of a trained number, in 8 bits or in fp32, and the other half of the fp32 number of one in bf16.
    private long StateBytes(int size) =>
        (_config.EightBitOptimizer ? 2 : 8) + (size == 4 || _config.StochasticRounding ? 0 : 2);

    // Two fp32 scales for each block of 8-bit moments.
    private long ScaleBytes => _config.EightBitOptimizer ? 2 * sizeof(float) : 0;

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
