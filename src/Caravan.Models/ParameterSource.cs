using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models;

/// <summary>How a parameter begins when a model is made anew.</summary>
public enum Initialisation
{
    /// <summary>Normal with mean 0 and the config's <c>initializer_range</c> as standard deviation.</summary>
    Normal,

    /// <summary>Ones: the gain of a norm.</summary>
    Ones,

    /// <summary>Zeros: a bias.</summary>
    Zeros,
}

/// <summary>Where an architecture gets its parameters from: a checkpoint or a random generator. Parameters are asked
/// for by their name in the checkpoint, in a fixed order.</summary>
public interface IParameterSource
{
    /// <summary>The parameter of this name. The caller owns it.</summary>
    /// <exception cref="Caravan.Files.BadInputException">It is missing or has another shape; both are named.
    /// </exception>
    Tensor Get(string name, long[] shape, Initialisation initialisation = Initialisation.Normal);

    /// <summary>The weight of a linear layer in quantised form, or null where the source gives none so. The caller owns
    /// it.</summary>
    /// <inheritdoc cref="Get"/>
    QuantizedWeight? FindQuantized(string name, long[] shape) => null;
}
