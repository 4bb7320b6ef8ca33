using Caravan.Torch;

namespace Caravan.Models;

/// <summary>Fresh parameters, as published models are initialised: the same seed gives the same values.</summary>
/// <param name="standardDeviation">The configuration's <c>initializer_range</c>.</param>
public sealed class RandomParameters(RandomGenerator generator, double standardDeviation, Dtype dtype)
    : IParameterSource
{
    public Tensor Get(string name, long[] shape, Initialisation initialisation)
    {
        using var scope = new TensorScope();
        // Drawn in fp32 on the CPU, so that neither type nor device changes the values.
        var values = initialisation.Deviation == 0
            ? Tensor.full(shape, initialisation.Mean)
            : Tensor.empty(shape).normal_(
                initialisation.Mean, initialisation.Deviation * standardDeviation, generator);
        if (initialisation.ZeroRow is { } row)
            values.select(0, row).zero_();
        return scope.Keep(values.to(dtype)).Owned();
    }
}
