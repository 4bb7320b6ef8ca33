using Caravan.Torch;

namespace Caravan.Models;

/// <summary>Fresh parameters, as published models are initialised: the same seed gives the same values.</summary>
public sealed class RandomParameters(RandomGenerator generator, double standardDeviation, Dtype dtype)
    : IParameterSource
{
    public Tensor Get(string name, long[] shape, Initialisation initialisation)
    {
        using var scope = new TensorScope();
        // Drawn in fp32 on the CPU, so that neither type nor device changes the values.
        var values = initialisation switch
        {
            Initialisation.Ones => Tensor.ones(shape),
            Initialisation.Zeros => Tensor.zeros(shape),
            _ => Tensor.empty(shape).normal_(0, standardDeviation, generator),
        };
        return scope.Keep(values.to(dtype)).Owned();
    }
}
