using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models;

/// <summary>How a parameter begins when a model is made anew: normally distributed.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Deviation">The standard deviation, in units of the configuration's <c>initializer_range</c>.</param>
/// <param name="ZeroRow">A row of zeros: a table's row for padding.</param>
public readonly record struct Initialisation(double Mean, double Deviation, int? ZeroRow = null)
{
    /// <summary>Weights: mean 0, <c>initializer_range</c>.</summary>
    public static Initialisation Normal { get; } = new(0, 1);

    /// <summary>The gain of a norm.</summary>
    public static Initialisation Ones { get; } = new(1, 0);

    /// <summary>A bias.</summary>
    public static Initialisation Zeros { get; } = new(0, 0);
}

/// <summary>Where an architecture gets its parameters from: a checkpoint or a random generator. Parameters are asked
/// for by their name in the checkpoint, in a fixed order.</summary>
public interface IParameterSource
{
    /// <summary>The parameter of this name. The caller owns it.</summary>
    /// <exception cref="Caravan.Files.BadInputException">It is missing or has another shape; both are named.
    /// </exception>
    Tensor Get(string name, long[] shape, Initialisation initialisation);

    /// <summary>The weight [outputs, inputs] of a linear layer in quantised form, or null where the source gives none
    /// so. The caller owns it.</summary>
    /// <param name="isTransposed">Whether the checkpoint has it as [inputs, outputs].</param>
    /// <inheritdoc cref="Get"/>
    QuantizedWeight? FindQuantized(string name, long outputs, long inputs, bool isTransposed) => null;
}
