using System.Diagnostics.CodeAnalysis;

namespace Caravan.Checkpoints;

/// <summary>Sizes and names of the <see cref="WeightType"/>s.</summary>
public static class WeightTypes
{
    private static readonly (WeightType Type, int Size, string Safetensors, string Torch)[] Table =
    [
        (WeightType.F64, 8, "F64", "float64"),
        (WeightType.F32, 4, "F32", "float32"),
        (WeightType.F16, 2, "F16", "float16"),
        (WeightType.BF16, 2, "BF16", "bfloat16"),
        (WeightType.F8E4M3, 1, "F8_E4M3", "float8_e4m3fn"),
        (WeightType.F8E5M2, 1, "F8_E5M2", "float8_e5m2"),
        (WeightType.I64, 8, "I64", "int64"),
        (WeightType.I32, 4, "I32", "int32"),
        (WeightType.I16, 2, "I16", "int16"),
        (WeightType.I8, 1, "I8", "int8"),
        (WeightType.U64, 8, "U64", "uint64"),
        (WeightType.U32, 4, "U32", "uint32"),
        (WeightType.U16, 2, "U16", "uint16"),
        (WeightType.U8, 1, "U8", "uint8"),
        (WeightType.Bool, 1, "BOOL", "bool"),
    ];

    /// <summary>Bytes of one element.</summary>
    public static int Size(this WeightType type) => Table[(int)type].Size;

    /// <summary>The name in a safetensors header, for example <c>BF16</c>.</summary>
    public static string SafetensorsName(this WeightType type) => Table[(int)type].Safetensors;

    /// <summary>The name in <c>torch_dtype</c> of a <c>config.json</c>, for example <c>bfloat16</c>.</summary>
    public static string TorchName(this WeightType type) => Table[(int)type].Torch;

    /// <summary>Whether arithmetic is defined on it: the four floating-point types of at least 16 bits.</summary>
    public static bool IsFloatingPoint(this WeightType type) => type <= WeightType.BF16;

    /// <summary>Finds the type of a safetensors header's <c>dtype</c>.</summary>
    public static bool TryParseSafetensors(string name, out WeightType type)
    {
        var index = Array.FindIndex(Table, row => row.Safetensors == name);
        type = (WeightType)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>
    /// Finds the type of a name that people and configurations write: <c>bf16</c>, <c>bfloat16</c>, <c>fp32</c>,
    /// <c>float32</c>, <c>torch.float16</c>, <c>F16</c>.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? name, out WeightType type)
    {
        var plain = (name ?? "").Trim().ToLowerInvariant();
        plain = plain.StartsWith("torch.", StringComparison.Ordinal) ? plain[6..] : plain;
        plain = plain switch
        {
            "float" or "single" or "fp32" => "float32",
            "half" or "fp16" => "float16",
            "double" or "fp64" => "float64",
            "long" => "int64",
            "int" => "int32",
            "short" => "int16",
            _ => plain,
        };
        var index = Array.FindIndex(
            Table, row => row.Torch == plain || row.Safetensors.Equals(plain, StringComparison.OrdinalIgnoreCase));
        type = (WeightType)Math.Max(index, 0);
        return index >= 0;
    }
}
