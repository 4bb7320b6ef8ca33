namespace Caravan.Checkpoints;

/// <summary>How the numbers of a stored tensor are written: little-endian, row-major, without padding.</summary>
public enum WeightType
{
    /// <summary>IEEE 754 double precision.</summary>
    F64,

    /// <summary>IEEE 754 single precision.</summary>
    F32,

    /// <summary>IEEE 754 half precision.</summary>
    F16,

    /// <summary>bfloat16: the upper 16 bits of a single.</summary>
    BF16,

    /// <summary>8-bit float, 4 exponent and 3 mantissa bits. Copied, never computed with.</summary>
    F8E4M3,

    /// <summary>8-bit float, 5 exponent and 2 mantissa bits. Copied, never computed with.</summary>
    F8E5M2,

    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,

    /// <summary>One byte, 0 or 1.</summary>
    Bool,
}
