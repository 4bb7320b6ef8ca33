using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// How a view walks through its storage: sizes and strides in elements, neighbours joined where possible.
/// </summary>
internal sealed class StridedLayout
{
    private StridedLayout(long[] sizes, long[] strides)
    {
        Sizes = sizes;
        Strides = strides;
    }

    public long[] Sizes { get; }

    public long[] Strides { get; }

    /// <summary>Whether the elements lie row-major in one piece.</summary>
    public bool IsContiguous => Sizes.Length == 0 || (Sizes.Length == 1 && Strides[0] == 1);

    /// <summary>Checks that the view stays inside its storage.</summary>
    public static StridedLayout Check(string path, TensorInfo info, PickleTensor tensor)
    {
        BadInputException Bad(string what) =>
            new($"{path}: tensor '{info.Name}': {what}. The file is damaged.");

        if (tensor.Shape.Count != tensor.Strides.Count || tensor.Offset < 0 || tensor.Strides.Any(stride => stride < 0))
        {
            throw Bad(
                $"shape {info.ShapeText}, strides [{string.Join(", ", tensor.Strides)}] and offset {tensor.Offset} " +
                "do not fit");
        }
        if (info.ElementCount == 0)
            return new StridedLayout([], []);
        // In elements of this tensor; an untyped storage counts bytes.
        var count = tensor.Storage.Type is { } type
            ? type == tensor.Type ? tensor.Storage.Count : throw Bad($"it is {tensor.Type} in a storage of {type}")
            : tensor.Storage.Count / tensor.Type.Size();
        Int128 last = tensor.Offset;
        foreach (var (size, stride) in tensor.Shape.Zip(tensor.Strides))
            last += (Int128)(size - 1) * stride;
        if (last >= count)
            throw Bad($"it reaches element {last} of a storage of {count}");
        return Join(tensor.Shape, tensor.Strides);
    }

    private static StridedLayout Join(IReadOnlyList<long> shape, IReadOnlyList<long> strides)
    {
        var sizes = new List<long>();
        var steps = new List<long>();
        for (var i = 0; i < shape.Count; i++)
        {
            if (shape[i] == 1)
                continue;
            if (sizes.Count > 0 && (Int128)strides[i] * shape[i] == steps[^1])
            {
                sizes[^1] *= shape[i];
                steps[^1] = strides[i];
            }
            else
            {
                sizes.Add(shape[i]);
                steps.Add(strides[i]);
            }
        }
        return new StridedLayout([.. sizes], [.. steps]);
    }
}
