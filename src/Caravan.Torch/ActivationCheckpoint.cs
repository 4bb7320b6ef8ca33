namespace Caravan.Torch;

/// <summary>Trades time for memory: what a function computes on the way to its result is not kept for the backward
/// pass but computed again in it (Chen et al. 2016, arXiv:1604.06174).</summary>
public static class ActivationCheckpoint
{
    /// <summary>The function's value, whose gradients are those of the function itself, bit for bit: the state of the
    /// default generators is put back for the second run, so that dropout drops the same.</summary>
    /// <param name="function">Must give the same result again for the same input and the same random numbers.
    /// Parameters it uses beside its input get their gradients too.</param>
    public static Tensor Run(Func<Tensor, Tensor> function, Tensor input)
    {
        if (!GradientMode.IsEnabled)
            return function(input);
        using var scope = new TensorScope();
        using var random = RandomGenerator.Default(input.Device);
        var state = random.State;
        Tensor output;
        using (GradientMode.Disable())
            output = function(input);
        // Parameters may need gradients where the input does not, behind frozen embeddings for example.
        var anchor = Tensor.empty([0]);
        anchor.RequiresGrad = true;
        CustomGradient.Attach("ActivationCheckpoint", [output], [input, anchor], [input],
            (saved, gradients) => [Differentiate(function, saved[0], gradients[0]!, state), null]);
        return scope.Keep(output);
    }

    // What the function made on the way is freed, unless the backward pass holds it.
    private static Tensor Freed(Func<Tensor, Tensor> function, Tensor input)
    {
        using var scope = new TensorScope();
        return scope.Keep(function(input));
    }

    private static Tensor? Differentiate(Func<Tensor, Tensor> function, Tensor saved, Tensor gradient, byte[] state)
    {
        using var random = RandomGenerator.Default(saved.Device);
        var after = random.State;
        var input = saved.detach();
        input.RequiresGrad = true;
        random.State = state;
        using (GradientMode.Enable())
        {
            var output = Freed(function, input);
            random.State = after;
            if (output.RequiresGrad)
                output.backward(gradient);
        }
        return input.Grad;
    }
}
