namespace Caravan.Checkpoints;

/// <summary>A matrix that bitsandbytes saved in NF4, and the tensors of the checkpoint that hold its parts.</summary>
public sealed record BitsAndBytesWeight
{
    /// <summary>The matrix dequantised, piece by piece where it is read: [out, in].</summary>
    public required WeightTensor Numbers { get; init; }

    /// <summary>The tensor with two codes a byte.</summary>
    public required string Codes { get; init; }

    /// <summary>
    /// The tensor with the scale of each block: fp32, or 8-bit codes where there are scales of scales.
    /// </summary>
    public required string Scales { get; init; }

    /// <summary>The tensor with the fp32 scale of each block of scales; null where those are fp32.</summary>
    public required string? ScalesOfScales { get; init; }

    /// <summary>The tensor with what the codes of the scales stand for.</summary>
    public required string? Map { get; init; }

    /// <summary>What is added to scales that are codes.</summary>
    public required float Offset { get; init; }

    /// <summary>Whether blocks have 64 weights and 256 scales, and the codes NF4's levels.</summary>
    public required bool HasUsualBlocks { get; init; }
}
