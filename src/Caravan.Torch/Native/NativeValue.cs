using System.Runtime.InteropServices;

namespace Caravan.Torch.Native;

/// <summary>One argument or result of an operator, laid out as <c>cv_value</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct NativeValue
{
    [FieldOffset(0)] internal ValueKind Kind;
    [FieldOffset(4)] internal int Count;
    [FieldOffset(8)] internal long Integer;
    [FieldOffset(8)] internal double Real;
    [FieldOffset(8)] internal nint Pointer;
}

/// <summary>What a <see cref="NativeValue"/> holds; as <c>cv_kind</c>.</summary>
internal enum ValueKind
{
    None = 0,
    Tensor = 1,
    Int = 2,
    Double = 3,
    Bool = 4,
    IntList = 5,
    DoubleList = 6,
    TensorList = 7,
    String = 8,
    Device = 9,
    Generator = 10,
}

/// <summary>A tensor's facts, laid out as <c>cv_tensor_info</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TensorDescription
{
    internal long* Sizes;
    internal long* Strides;
    internal void* Data;
    internal long ElementCount;
    internal long Device;
    internal int Dim;
    internal int Dtype;
    internal int IsContiguous;
    internal int RequiresGrad;
}
