namespace Caravan.Torch;

/// <summary>Element types. The values are libtorch's <c>c10::ScalarType</c>.</summary>
public enum Dtype
{
    UInt8 = 0,
    Int8 = 1,
    Int16 = 2,
    Int32 = 3,
    Int64 = 4,
    Float16 = 5,
    Float32 = 6,
    Float64 = 7,
    Bool = 11,
    BFloat16 = 15,
}

/// <summary>What follows from an element type.</summary>
public static class DtypeExtensions
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this Dtype dtype) => dtype switch
    {
        Dtype.UInt8 or Dtype.Int8 or Dtype.Bool => 1,
        Dtype.Int16 or Dtype.Float16 or Dtype.BFloat16 => 2,
        Dtype.Int32 or Dtype.Float32 => 4,
        Dtype.Int64 or Dtype.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not an element type of Caravan"),
    };

    /// <summary>Whether gradients can flow through tensors of this type.</summary>
    public static bool IsFloatingPoint(this Dtype dtype) =>
        dtype is Dtype.Float16 or Dtype.BFloat16 or Dtype.Float32 or Dtype.Float64;

    /// <summary>The element type whose values a span of <typeparamref name="T"/> holds. bf16 is read as its raw
    /// bits, in <see cref="ushort"/>.</summary>
    internal static Dtype Of<T>() where T : unmanaged => default(T) switch
    {
        float => Dtype.Float32,
        double => Dtype.Float64,
        Half => Dtype.Float16,
        ushort => Dtype.BFloat16,
        long => Dtype.Int64,
        int => Dtype.Int32,
        short => Dtype.Int16,
        sbyte => Dtype.Int8,
        byte => Dtype.UInt8,
        bool => Dtype.Bool,
        _ => throw new ArgumentException($"no tensor holds elements of type {typeof(T).Name}"),
    };
}
