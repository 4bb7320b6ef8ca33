using Caravan.Kernels;
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
    /// 8 bits, and <c>NAME.master</c> where there is an fp32 copy of the parameter.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State
    {
        get
        {
            foreach (var slot in _slots)
            {
                yield return KeyValuePair.Create($"{slot.Name}.exp_avg", slot.State.FirstMoment);
                yield return KeyValuePair.Create($"{slot.Name}.exp_avg_sq", slot.State.SecondMoment);
                if (slot.State.Scales is { } scales)
                    yield return KeyValuePair.Create($"{slot.Name}.scales", scales);
                if (!ReferenceEquals(slot.State.Master, slot.Parameter))
                    yield return KeyValuePair.Create($"{slot.Name}.master", slot.State.Master);
            }
        }
    }

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

    /// <summary>Takes over saved state. <paramref name="read"/> gives the saved tensor of a name.</summary>
    public void Restore(long steps, Func<string, Tensor> read)
    {
        using var noGradients = GradientMode.Disable();
        foreach (var (name, tensor) in State)
        {
            // Frees each saved tensor when it has been copied.
            using var scope = new TensorScope();
            tensor.copy_(read(name));
        }
        Steps = steps;
    }

    public void Dispose()
    {
        foreach (var slot in _slots)
        {
            slot.State.FirstMoment.Dispose();
            slot.State.SecondMoment.Dispose();
            slot.State.Scales?.Dispose();
            if (!ReferenceEquals(slot.State.Master, slot.Parameter))
                slot.State.Master.Dispose();
            slot.Sum?.Dispose();
        }
    }

    private sealed class Slot(string name, Tensor parameter, AdamWState state, double weightDecay)
    {
        internal string Name => name;

        internal Tensor Parameter => parameter;

        internal AdamWState State => state;

        internal double WeightDecay => weightDecay;

        // fp32 sum over forward passes, for parameters that are not fp32.
        internal Tensor? Sum { get; set; }

        internal Tensor? Gradient => Sum ?? parameter.Grad;
    }
}
