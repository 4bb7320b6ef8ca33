using Caravan.Torch.Native;

namespace Caravan.Torch;

public sealed unsafe partial class Tensor
{
    /// <summary>The gradient that backward passes have accumulated, or null. Setting null frees it.</summary>
    public Tensor? Grad
    {
        get
        {
            nint gradient;
            NativeMethods.Check(NativeMethods.cv_tensor_grad(Handle, &gradient));
            GC.KeepAlive(this);
            return gradient == 0 ? null : new Tensor(gradient);
        }
        set
        {
            NativeMethods.Check(NativeMethods.cv_tensor_set_grad(Handle, value?.Handle ?? 0));
            GC.KeepAlive(this);
            GC.KeepAlive(value);
        }
    }

    /// <summary>Adds the gradient of this tensor to <see cref="Grad"/> of every leaf it depends on.</summary>
    /// <param name="gradient">The gradient to start from, of this tensor's shape; left out for a scalar: 1.</param>
    /// <param name="retainGraph">Keep what was recorded, for another backward pass.</param>
    /// <exception cref="TorchException">The tensor does not depend on any leaf that requires a gradient.</exception>
    public void backward(Tensor? gradient = null, bool retainGraph = false)
    {
        var root = Handle;
        var start = gradient?.Handle ?? 0;
        CustomGradient.Check(NativeMethods.cv_backward(&root, &start, 1, retainGraph ? 1 : 0));
        GC.KeepAlive(this);
        GC.KeepAlive(gradient);
    }
}
