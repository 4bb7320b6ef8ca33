using System.Text;
using Caravan.Torch.Native;

namespace Caravan.Torch;

/// <summary>
/// One argument of an operator call; made by implicit conversion from the values that operators take.
/// </summary>
public readonly struct Argument
{
    private readonly ValueKind _kind;
    private readonly long _bits;
    private readonly object? _reference;

    private Argument(ValueKind kind, long bits, object? reference = null) =>
        (_kind, _bits, _reference) = (kind, bits, reference);

    /// <summary>An optional argument that is left out.</summary>
    public static Argument None => default;

    public static implicit operator Argument(Tensor? value) =>
        value is null ? None : new(ValueKind.Tensor, 0, value);

    public static implicit operator Argument(long value) => new(ValueKind.Int, value);

    public static implicit operator Argument(double value) =>
        new(ValueKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Argument(bool value) => new(ValueKind.Bool, value ? 1 : 0);

    public static implicit operator Argument(Dtype value) => new(ValueKind.Int, (long)value);

    public static implicit operator Argument(Device value) => new(ValueKind.Device, value.Code);

    public static implicit operator Argument(string value) =>
        new(ValueKind.String, 0, Encoding.UTF8.GetBytes(value));

    public static implicit operator Argument(long[] value) => new(ValueKind.IntList, 0, value);

    public static implicit operator Argument(double[] value) => new(ValueKind.DoubleList, 0, value);

    /// <summary>A list of tensors; an entry may be null where the operator takes optional tensors.</summary>
    public static implicit operator Argument(Tensor?[] value) => new(ValueKind.TensorList, 0, value);

    public static implicit operator Argument(RandomGenerator? value) =>
        value is null ? None : new(ValueKind.Generator, 0, value);

    /// <summary>Eight-byte words of scratch memory that <see cref="Write"/> needs.</summary>
    internal int ScratchLength => _reference switch
    {
        byte[] text => (text.Length + 7) / 8,
        Array list => list.Length,
        _ => 0,
    };

    /// <summary>Writes the argument as the native side reads it. Lists are copied to <paramref name="scratch"/>, whose
    /// memory must not move until the call is over.</summary>
    internal unsafe void Write(out NativeValue value, Span<long> scratch)
    {
        value = new NativeValue { Kind = _kind, Integer = _bits };
        switch (_reference)
        {
            case null:
                return;
            case Tensor tensor:
                value.Pointer = tensor.Handle;
                return;
            case RandomGenerator generator:
                value.Pointer = generator.Handle;
                return;
            case long[] integers:
                integers.CopyTo(scratch);
                break;
            case double[] reals:
                for (var i = 0; i < reals.Length; i++)
                    scratch[i] = BitConverter.DoubleToInt64Bits(reals[i]);
                break;
            case Tensor?[] tensors:
                for (var i = 0; i < tensors.Length; i++)
                    scratch[i] = tensors[i]?.Handle ?? 0;
                break;
            case byte[] text:
                text.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(scratch));
                break;
        }
        value.Count = ((Array)_reference).Length;
        fixed (long* address = scratch)
            value.Pointer = (nint)address;
    }
}
