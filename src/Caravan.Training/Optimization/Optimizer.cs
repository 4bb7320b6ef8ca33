using Caravan.Kernels;
using Caravan.Models.Files;
using Caravan.Torch;

namespace Caravan.Training.Optimization;

/// <summary>AdamW over a model's parameters, with global clipping and gradients that accumulate in fp32.</summary>
public sealed class Optimizer : IDisposable
{
    private readonly List<Slot> _slots = [];
    private readonly double _beta1, _beta2, _epsilon;

    /// <param name="parameters">Names and parameters; those that do not require gradients are left alone.</param>
    /// <param name="weightDecay">Decay of matrices. Vectors, which are biases and norms, have none.</param>
    /// <param name="format">How the state is kept; left out: fp32.</param>
    public Optimizer(
        IEnumerable<KeyValuePair<string, Tensor>> parameters, double beta1, double beta2, double epsilon,
        double weightDecay, AdamWFormat format = default)
    {
        (_beta1, _beta2, _epsilon) = (beta1, beta2, epsilon);
        foreach (var (name, parameter) in parameters.Where(pair => pair.Value.RequiresGrad))
        {
            _slots.Add(new Slot(
                name, parameter, AdamW.CreateState(parameter, format), parameter.Shape.Count < 2 ? 0 : weightDecay));
        }
    }

    /// <summary>Updates made so far.</summary>
    public long Steps { get; private set; }

    /// <summary>All state by name: <c>NAME.exp_avg</c>, <c>NAME.exp_avg_sq</c>, <c>NAME.scales</c> where those are of
    /// 8 bits, and <c>NAME.remainder</c> where a bf16 parameter is half of an fp32 number
    /// (<see cref="MasterWeights"/>).</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State => _slots.SelectMany(slot => slot.Tensors);

    /// <summary>Moves the gradients of one of several passes out of bf16 parameters into fp32 sums, which bf16 itself
    /// could not add up. fp32 gradients accumulate in place. Not needed for a single pass, whose gradients are used as
    /// they are.</summary>
    public void Accumulate()
    {
        using var noGradients = GradientMode.Disable();
        foreach (var slot in _slots)
        {
            // Frees each gradient when it has been added.
            using var scope = new TensorScope();
            if (slot.Parameter.Dtype == Dtype.Float32 || slot.Parameter.Grad is not { } gradient)
                continue;
            if (slot.Sum is null)
                slot.Sum = gradient.to(Dtype.Float32).Owned();
            else
                slot.Sum.add_(gradient);
            slot.Parameter.Grad = null;
        }
    }

    /// <summary>The L2 norm of all gradients together; not finite if a gradient is not.</summary>
    public double GradientNorm()
    {
        using var scope = new TensorScope();
        return Kernels.GradientNorm.Compute([.. _slots.Select(slot => slot.Gradient).OfType<Tensor>()]);
    }

    /// <summary>One update, with every gradient multiplied by <paramref name="gradientScale"/>; then the gradients are
    /// gone.</summary>
    public void Step(double learningRate, double gradientScale)
    {
        using var scope = new TensorScope();
        Steps++;
        foreach (var slot in _slots)
        {
            if (slot.Gradient is { } gradient)
            {
                AdamW.Update(slot.Parameter, gradient, slot.State, new AdamWStep(
                    learningRate, _beta1, _beta2, _epsilon, slot.WeightDecay, Steps, gradientScale));
            }
        }
        ZeroGradients();
    }

    /// <summary>Drops all gradients.</summary>
    public void ZeroGradients()
    {
        foreach (var slot in _slots)
        {
            slot.Parameter.Grad = null;
            slot.Sum?.Dispose();
            slot.Sum = null;
        }
    }

    /// <summary>Takes over saved state, for parameters that are as they were then. What earlier versions have saved has
    /// fp32 numbers, <c>NAME.master</c>, instead of remainders.</summary>
    /// <exception cref="Caravan.Files.BadInputException">A tensor is missing.</exception>
    public void Restore(long steps, TensorFile saved)
    {
        using var noGradients = GradientMode.Disable();
        var names = saved.Names.ToHashSet();
        foreach (var slot in _slots)
        {
            var master = $"{slot.Name}.master";
            foreach (var (name, tensor) in slot.Tensors)
            {
                using var scope = new TensorScope();
                if (ReferenceEquals(tensor, slot.State.Remainder) && names.Contains(master))
                    MasterWeights.Split(saved.Read(master), slot.Parameter, tensor);
                else
                    tensor.copy_(saved.Read(name));
            }
        }
        Steps = steps;
    }

    public void Dispose()
    {
        foreach (var slot in _slots)
        {
            slot.State.Dispose();
            slot.Sum?.Dispose();
        }
    }

    private sealed class Slot(string name, Tensor parameter, AdamWState state, double weightDecay)
    {
        internal string Name => name;

        internal Tensor Parameter => parameter;

        internal AdamWState State => state;

        // The state by name.
        internal IEnumerable<KeyValuePair<string, Tensor>> Tensors
        {
            get
            {
                yield return KeyValuePair.Create($"{name}.exp_avg", state.FirstMoment);
                yield return KeyValuePair.Create($"{name}.exp_avg_sq", state.SecondMoment);
                if (state.Scales is { } scales)
                    yield return KeyValuePair.Create($"{name}.scales", scales);
                if (state.Remainder is { } remainder)
                    yield return KeyValuePair.Create($"{name}.remainder", remainder);
            }
        }

        internal double WeightDecay => weightDecay;

        // fp32 sum over forward passes, for parameters that are not fp32.
        internal Tensor? Sum { get; set; }

        internal Tensor? Gradient => Sum ?? parameter.Grad;
    }
}
