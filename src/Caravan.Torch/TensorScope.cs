namespace Caravan.Torch;

/// <summary>
/// Frees the tensors that were made on this thread since the scope was opened, except those that were kept. Scopes
/// nest; a kept tensor belongs to the enclosing scope, or to nobody if there is none.
/// </summary>
/// <example><code>
/// using var scope = new TensorScope();
/// var loss = model.Loss(batch);      // freed with all it was computed from …
/// return scope.Keep(loss.detach());  // … but for this
/// </code></example>
public sealed class TensorScope : IDisposable
{
    [ThreadStatic] private static TensorScope? s_current;

    private readonly TensorScope? _parent;
    private readonly List<Tensor> _tensors = [];

    public TensorScope()
    {
        _parent = s_current;
        s_current = this;
    }

    /// <summary>Hands a tensor to the enclosing scope, so that it lives on.</summary>
    public Tensor Keep(Tensor tensor)
    {
        tensor.Scope = _parent;
        _parent?._tensors.Add(tensor);
        return tensor;
    }

    /// <summary>Frees what was made in this scope and not kept.</summary>
    public void Dispose()
    {
        if (s_current != this)
            throw new InvalidOperationException("tensor scopes must end in the reverse order of their beginning");
        s_current = _parent;
        foreach (var tensor in _tensors)
        {
            if (tensor.Scope == this)
                tensor.Dispose();
        }
    }

    internal static TensorScope? Register(Tensor tensor)
    {
        s_current?._tensors.Add(tensor);
        return s_current;
    }
}
