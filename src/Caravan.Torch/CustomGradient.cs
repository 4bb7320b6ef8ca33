using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Caravan.Torch.Native;

namespace Caravan.Torch;

/// <summary>
/// Computes the gradients of a function's inputs, in their order, null where there is none. Everything it makes is
/// freed afterwards, but for what it returns.
/// </summary>
/// <param name="saved">What was saved in the forward pass.</param>
/// <param name="gradients">The gradients of the outputs, null for an output that nothing depends on.</param>
public delegate Tensor?[] BackwardFunction(Tensor[] saved, Tensor?[] gradients);

/// <summary>Functions whose gradient is written in C#: <c>torch.autograd.Function</c>.</summary>
public static unsafe class CustomGradient
{
    private static Exception? s_failure;

    /// <summary>
    /// Makes <paramref name="outputs"/>, computed under <see cref="GradientMode.Disable"/>, depend on
    /// <paramref name="inputs"/> through <paramref name="backward"/>. Does nothing if no gradient is asked for.
    /// </summary>
    /// <param name="name">What error messages call the function.</param>
    /// <param name="saved">Tensors that the backward pass needs; held until it has run or the graph is gone. They are
    /// saved as values: gradients do not flow through them.</param>
    public static void Attach(
        string name, Tensor[] outputs, Tensor[] inputs, Tensor[] saved, BackwardFunction backward)
    {
        if (!GradientMode.IsEnabled || !Array.Exists(inputs, input => input.RequiresGrad))
            return;
        var node = new Node([.. saved.Select(tensor => tensor.detach().Owned())], backward);
        Span<nint> handles = stackalloc nint[outputs.Length + inputs.Length];
        for (var i = 0; i < outputs.Length; i++)
            handles[i] = outputs[i].Handle;
        for (var i = 0; i < inputs.Length; i++)
            handles[outputs.Length + i] = inputs[i].Handle;
        fixed (nint* first = handles)
        {
            NativeMethods.Check(NativeMethods.cv_attach_gradient(
                name, first, outputs.Length, first + outputs.Length, inputs.Length, &Backward, &Release,
                GCHandle.ToIntPtr(GCHandle.Alloc(node))));
        }
    }

    /// <summary>As <see cref="NativeMethods.Check"/>, but a failure inside a C# gradient comes out as itself.</summary>
    internal static void Check(int status)
    {
        var failure = Interlocked.Exchange(ref s_failure, null);
        if (status != 0 && failure is not null)
            ExceptionDispatchInfo.Throw(failure);
        NativeMethods.Check(status);
    }

    [UnmanagedCallersOnly]
    private static int Backward(
        nint context, nint* outputGradients, int outputCount, nint* inputGradients, int inputCount)
    {
        using var scope = new TensorScope();
        try
        {
            var node = (Node)GCHandle.FromIntPtr(context).Target!;
            var gradients = new Tensor?[outputCount];
            for (var i = 0; i < outputCount; i++)
                gradients[i] = outputGradients[i] == 0 ? null : new Tensor(outputGradients[i]);
            if (node.Saved is null)
                throw new InvalidOperationException("a second backward pass needs retainGraph in the first");
            var results = node.Backward(node.Saved, gradients);
            if (results.Length != inputCount)
                throw new InvalidOperationException($"{results.Length} gradients returned for {inputCount} inputs");
            for (var i = 0; i < inputCount; i++)
                inputGradients[i] = results[i] is { } result ? NativeMethods.cv_tensor_retain(result.Handle) : 0;
            return 0;
        }
        // The one place where every exception is caught: none may cross the C++ frames between here and the caller.
        catch (Exception failure)
        {
            Interlocked.CompareExchange(ref s_failure, failure, null);
            return 1;
        }
    }

    [UnmanagedCallersOnly]
    private static void Release(nint context, int isLast)
    {
        var handle = GCHandle.FromIntPtr(context);
        ((Node)handle.Target!).ReleaseSaved();
        if (isLast != 0)
            handle.Free();
    }

    private sealed class Node(Tensor[] saved, BackwardFunction backward)
    {
        internal Tensor[]? Saved { get; private set; } = saved;

        internal BackwardFunction Backward { get; } = backward;

        internal void ReleaseSaved()
        {
            foreach (var tensor in Saved ?? [])
                tensor.Dispose();
            Saved = null;
        }
    }
}
