using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>What is known of a stored tensor without reading its numbers.</summary>
public sealed class TensorInfo
{
    /// <summary>Describes a tensor. An empty shape is a scalar; a 0 in the shape means no elements.</summary>
    /// <exception cref="BadInputException">A size is negative or the tensor would exceed 2^63 bytes.</exception>
    public TensorInfo(string name, WeightType type, IReadOnlyList<long> shape)
    {
        Name = name;
        Type = type;
        Shape = shape;
        ElementCount = CountElements(name, shape);
        if (ElementCount > long.MaxValue / type.Size())
            throw new BadInputException($"Tensor '{name}': shape [{string.Join(", ", shape)}] exceeds 2^63 bytes.");
        ByteLength = ElementCount * type.Size();
    }

    /// <summary>Hugging Face name, for example <c>model.layers.0.self_attn.q_proj.weight</c>.</summary>
    public string Name { get; }

    public WeightType Type { get; }

    public IReadOnlyList<long> Shape { get; }

    public long ElementCount { get; }

    /// <summary>Bytes of all elements, row-major, without padding.</summary>
    public long ByteLength { get; }

    /// <summary>For example <c>[32000, 4096]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";

    public bool HasSameShape(TensorInfo other) => Shape.SequenceEqual(other.Shape);

    public TensorInfo WithName(string name) => new(name, Type, Shape);

    public TensorInfo WithType(WeightType type) => new(Name, type, Shape);

    /// <summary>For example <c>lm_head.weight BF16 [32000, 4096]</c>.</summary>
    public override string ToString() => $"{Name} {Type.SafetensorsName()} {ShapeText}";

    private static long CountElements(string name, IReadOnlyList<long> shape)
    {
        // A zero anywhere empties the tensor, but the other sizes must still make sense together.
        long count = 1;
        var empty = false;
        foreach (var size in shape)
        {
            if (size < 0)
            {
                throw new BadInputException(
                    $"Tensor '{name}': shape [{string.Join(", ", shape)}] has a negative size.");
            }
            if (size == 0)
            {
                empty = true;
                continue;
            }
            if (count > long.MaxValue / size)
            {
                throw new BadInputException(
                    $"Tensor '{name}': the product of shape [{string.Join(", ", shape)}] overflows 64 bits.");
            }
            count *= size;
        }
        return empty ? 0 : count;
    }
}
