using Caravan.Checkpoints;
using Caravan.Files;
using Caravan.Torch;

namespace Caravan.Models.Files;

/// <summary>Parameters from a checkpoint, converted one by one to the wanted type and device: the peak is the model and
/// one tensor.</summary>
/// <param name="share">Whether parameters that need no conversion may stay in the mapped file; they are read-only then.
/// </param>
internal sealed class CheckpointParameters(ModelWeights weights, Dtype dtype, Device device, bool share)
    : IParameterSource
{
    public Tensor Get(string name, long[] shape, Initialisation initialisation)
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
        using var scope = new TensorScope();
        var view = TorchTensors.View(mapped, weights);
        var converted = view.to(dtype).to(device);
        var isView = view.Dtype == dtype && device.IsCpu;
        return scope.Keep(isView && !share ? converted.clone() : converted).Owned();
    }
}
