using Caravan.Torch.Native;

namespace Caravan.Torch;

/// <summary>Whether operators on this thread record what a backward pass needs.</summary>
public static class GradientMode
{
    public static bool IsEnabled => NativeMethods.cv_grad_mode() != 0;

    /// <summary>Switches recording off until the result is disposed, like <c>torch.no_grad()</c>.</summary>
    public static Restorer Disable()
    {
        var restorer = new Restorer(IsEnabled);
        NativeMethods.cv_set_grad_mode(0);
        return restorer;
    }

    /// <summary>Switches recording on until the result is disposed: backward passes run without it.</summary>
    public static Restorer Enable()
    {
        var restorer = new Restorer(IsEnabled);
        NativeMethods.cv_set_grad_mode(1);
        return restorer;
    }

    /// <summary>Brings back the mode that was in force.</summary>
    public readonly ref struct Restorer
    {
        private readonly bool _enabled;

        internal Restorer(bool enabled) => _enabled = enabled;

        public void Dispose() => NativeMethods.cv_set_grad_mode(_enabled ? 1 : 0);
    }
}
