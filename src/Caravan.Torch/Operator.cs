using System.Runtime.CompilerServices;
using Caravan.Torch.Native;

namespace Caravan.Torch;

/// <summary>
/// One of libtorch's operators, found by name and overload when it is first called. Arguments are given by position;
/// those left out at the end take the schema's defaults.
/// </summary>
public sealed unsafe class Operator(string name, string overload = "")
{
    private const int MaxResults = 8;
    private const int ScratchOnStack = 64;

    private nint _operator;

    /// <summary>Whether the libtorch in use has this operator.</summary>
    public bool Exists => Find() != 0;

    /// <summary>Calls an operator that returns one tensor.</summary>
    /// <exception cref="TorchException">libtorch does not have the operator, or it refuses the arguments.</exception>
    public Tensor Call(params ReadOnlySpan<Argument> arguments)
    {
        NativeValue result;
        Invoke(arguments, &result, 1);
        return new Tensor(result.Pointer);
    }

    /// <summary>Calls an operator that returns two tensors.</summary>
    /// <inheritdoc cref="Call"/>
    public (Tensor, Tensor) CallPair(params ReadOnlySpan<Argument> arguments)
    {
        var results = stackalloc NativeValue[2];
        Invoke(arguments, results, 2);
        return (new Tensor(results[0].Pointer), new Tensor(results[1].Pointer));
    }

    /// <summary>Calls an operator that returns several tensors, or a list of them.</summary>
    /// <inheritdoc cref="Call"/>
    public Tensor[] CallMany(params ReadOnlySpan<Argument> arguments)
    {
        var results = stackalloc NativeValue[MaxResults];
        var count = Invoke(arguments, results, MaxResults);
        if (count == 1 && results[0].Kind == ValueKind.TensorList)
        {
            var handles = new ReadOnlySpan<nint>((void*)results[0].Pointer, results[0].Count);
            var list = new Tensor[handles.Length];
            for (var i = 0; i < list.Length; i++)
                list[i] = new Tensor(handles[i]);
            NativeMethods.cv_free(results[0].Pointer);
            return list;
        }
        var tensors = new Tensor[count];
        for (var i = 0; i < count; i++)
            tensors[i] = new Tensor(results[i].Pointer);
        return tensors;
    }

    /// <summary>Calls an operator that changes its first argument and returns it again.</summary>
    /// <inheritdoc cref="Call"/>
    public Tensor CallInPlace(Tensor self, params ReadOnlySpan<Argument> others)
    {
        Invoke(others, null, 0, self);
        return self;
    }

    /// <summary>Calls an operator that returns a number or a truth value (1 or 0).</summary>
    /// <inheritdoc cref="Call"/>
    public double CallScalar(params ReadOnlySpan<Argument> arguments)
    {
        NativeValue result;
        Invoke(arguments, &result, 1);
        return result.Kind == ValueKind.Double ? result.Real : result.Integer;
    }

    public override string ToString() => overload.Length == 0 ? name : $"{name}.{overload}";

    // `self`, if given, goes before the other arguments.
    [SkipLocalsInit]
    private int Invoke(ReadOnlySpan<Argument> arguments, NativeValue* results, int capacity, Tensor? self = null)
    {
        var op = Find();
        if (op == 0)
            throw new TorchException($"libtorch {Libtorch.Version} has no operator {this}");
        var scratchLength = 0;
        foreach (ref readonly var argument in arguments)
            scratchLength += argument.ScratchLength;
        var scratch = scratchLength <= ScratchOnStack ? stackalloc long[ScratchOnStack] : new long[scratchLength];
        var values = stackalloc NativeValue[arguments.Length + 1];
        var written = 0;
        if (self is not null)
            values[written++] = new NativeValue { Kind = ValueKind.Tensor, Pointer = self.Handle };
        int count;
        fixed (long* pinned = scratch)
        {
            var used = 0;
            foreach (ref readonly var argument in arguments)
            {
                var length = argument.ScratchLength;
                argument.Write(out values[written++], scratch.Slice(used, length));
                used += length;
            }
            NativeMethods.Check(NativeMethods.cv_operator_call(op, values, written, results, capacity, &count));
        }
        GC.KeepAlive(self);
        return count;
    }

    private nint Find()
    {
        if (_operator == 0)
            _operator = NativeMethods.cv_operator_find(name, overload);
        return _operator;
    }
}
