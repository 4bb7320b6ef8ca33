using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models;

/// <summary>
/// The dropout masks of a training run. A mask follows from the seed, the number of the forward pass and the place in
/// the model: a layer that is computed again in the backward pass gets the mask it had, and a run that restores
/// <see cref="Passes"/> goes on with the masks of the uninterrupted one.
/// </summary>
public sealed class DropoutStream(long seed)
{
    private long? _pass;

    /// <summary>Forward passes that had masks so far: the whole state.</summary>
    public long Passes { get; set; }

    /// <summary>Zeros in place of a share of the elements and the others scaled up; the tensor itself where the forward
    /// pass is not one of training.</summary>
    /// <param name="place">A number of the place in the model, each used once a forward pass.</param>
    internal Tensor Apply(Tensor x, double probability, int place) =>
        probability > 0 && KeyOf(place) is { } key ? Dropout.Forward(x, probability, key) : x;

    /// <summary>The key of the place's mask; null where the forward pass is not one of training.</summary>
    /// <inheritdoc cref="Apply"/>
    internal ulong? KeyOf(int place) => _pass is { } pass ? Key(pass, place) : null;

    /// <summary>The number of a new forward pass; null where no gradients are recorded, so that it is not one of
    /// training.</summary>
    internal long? Begin() => GradientMode.IsEnabled ? Passes++ : null;

    /// <summary>Says which pass a layer is now computed for, be it the first time or again.</summary>
    internal void Enter(long? pass) => _pass = pass;

    private ulong Key(long pass, int place) => Mix(Mix(Mix((ulong)seed) + (ulong)pass) + (ulong)place);

    // SplitMix64 (Steele, Lea and Flood 2014).
    private static ulong Mix(ulong state)
    {
        state += 0x9e3779b97f4a7c15;
        state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
        state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
        return state ^ (state >> 31);
    }
}
