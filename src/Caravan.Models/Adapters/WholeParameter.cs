using Caravan.Torch;

namespace Caravan.Models.Adapters;

/// <summary>A parameter of the base that an adapter trains as a whole, with the values it had before.</summary>
internal sealed class WholeParameter(string name, Tensor parameter) : IDisposable
{
    private readonly Tensor _original = parameter.detach().clone().Owned();

    /// <summary>In the checkpoint of the base.</summary>
    internal string Name => name;

    internal Tensor Tensor => parameter;

    internal void Fill(Tensor values)
    {
        using var noGradients = GradientMode.Disable();
        parameter.copy_(values);
    }

    /// <summary>Lets the values of before and those of now change places.</summary>
    internal void Exchange()
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        var now = parameter.clone();
        parameter.copy_(_original);
        _original.copy_(now);
    }

    public void Dispose() => _original.Dispose();
}
