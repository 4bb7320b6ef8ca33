namespace Caravan.Checkpoints;

/// <summary>How the tools of this room write a model folder.</summary>
public sealed record WeightOutputOptions
{
    public WeightFormat Format { get; init; } = WeightFormat.Safetensors;

    /// <summary>Of one file, in bytes; see <see cref="ShardSize"/>.</summary>
    public long MaxShardSize { get; init; } = ShardSize.Default;

    /// <summary>The floating-point type to write; null keeps each tensor's own.</summary>
    public WeightType? Type { get; init; }

    /// <summary>Whether numbers too large for half precision become its largest instead of an error.</summary>
    public bool Saturate { get; init; }

    /// <summary>Whether a folder that is not empty may be replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Whether NaN and infinities may be written.</summary>
    public bool AllowNonFinite { get; init; }
}
