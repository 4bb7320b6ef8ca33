using Caravan.Checkpoints;
using Caravan.Files;
using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Files;

/// <summary>Parameters from a checkpoint, converted one by one to the wanted type and device: the peak is the model and
/// one tensor.</summary>
/// <param name="share">Whether parameters that need no conversion may stay in the mapped file; they are read-only then.
/// </param>
/// <param name="linears">How the weights of linear layers are kept.</param>
internal sealed class CheckpointParameters(
    ModelWeights weights, Dtype dtype, Device device, bool share, WeightPrecision linears)
    : IParameterSource
{
    public Tensor Get(string name, long[] shape, Initialisation initialisation)
    {
        var mapped = Map(name, shape);
        using var scope = new TensorScope();
        var view = TorchTensors.View(mapped, weights);
        var converted = view.to(dtype).to(device);
        var isView = view.Dtype == dtype && device.IsCpu;
        return scope.Keep(isView && !share ? converted.clone() : converted).Owned();
    }

    public QuantizedWeight? FindQuantized(string name, long[] shape)
    {
        if (linears == WeightPrecision.Full)
            return null;
        using var scope = new TensorScope();
        var view = TorchTensors.View(Map(name, shape), weights);
        QuantizedWeight quantized = linears == WeightPrecision.Nf4 ? Nf4Weight.Quantize(view) : Int8Weight.Quantize(view);
        if (!quantized.IsFinite)
        {
            throw new BadInputException(
                $"{weights.Path}: tensor '{name}' holds numbers that are infinite or not a number, which cannot be quantised.");
        }
        if (device.IsCpu)
            return quantized;
        using (quantized)
            return quantized.To(device);
    }

    private MappedTensor Map(string name, long[] shape)
    {
        if (!weights.Contains(name))
        {
            throw new BadInputException(
                $"{weights.Path}: tensor '{name}' is missing: the weights are incomplete or belong to another " +
                "architecture than config.json says.");
        }
        var mapped = weights.Map(name);
        if (!mapped.Info.Shape.SequenceEqual(shape))
        {
            throw new BadInputException(
                $"{weights.Path}: tensor '{name}' has shape {mapped.Info.ShapeText}, expected " +
                $"[{string.Join(", ", shape)}] from config.json.");
        }
        return mapped;
    }
}
