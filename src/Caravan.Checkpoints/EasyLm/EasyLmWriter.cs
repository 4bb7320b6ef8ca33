using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>Writes what <see cref="EasyLmFile"/> reads: parameters that EasyLM loads as <c>params::FILE</c>.</summary>
internal static class EasyLmWriter
{
    public const string FileName = "streaming_params";

    /// <summary>Where Flax cuts.</summary>
    private const long MaxArrayLength = 1 << 30;

    /// <summary>The tensors of a Hugging Face LLaMA under EasyLM's names and in its order of numbers.</summary>
    /// <exception cref="BadInputException">A tensor has no place in EasyLM's LLaMA.</exception>
    public static IEnumerable<WeightTensor> FromHuggingFace(
        string path, IEnumerable<WeightTensor> tensors, ModelConfigFile config)
    {
        var heads = config.GetInt("num_attention_heads");
        var keyValueHeads = config.GetInt("num_key_value_heads", heads);
        foreach (var tensor in tensors)
        {
            if (EasyLmNames.ToEasyLm(tensor.Info.Name) is not var (name, layout))
                throw new BadInputException($"{path}: tensor '{tensor.Info.Name}' has no place in EasyLM's LLaMA.");
            var ownHeads = layout == EasyLmLayout.Queries ? heads : keyValueHeads;
            yield return ToEasyLm(path, tensor, layout, ownHeads).Renamed(name);
        }
    }

    /// <param name="path">The file to write; replaced if it exists.</param>
    /// <param name="tensors">Under EasyLM's names, in any order.</param>
    /// <param name="progress">Told the number of bytes of each piece written.</param>
    /// <param name="cancellation">Stops between pieces; nothing is left behind.</param>
    /// <param name="maxArrayLength">Larger arrays are cut into pieces of at most so many bytes.</param>
    /// <returns>The file's SHA-256 in hexadecimal.</returns>
    public static string Write(
        string path, IReadOnlyList<WeightTensor> tensors, IProgress<long>? progress, CancellationToken cancellation,
        long maxArrayLength = MaxArrayLength)
    {
        var places = new List<(WeightTensor, long)>();
        var prefixes = new List<byte[]>();
        long position = 0;
        foreach (var tensor in tensors)
        {
            var pieces = Cut(tensor, maxArrayLength);
            var lengths = pieces.Select(piece => ArrayHead(piece.Info).Length + piece.Info.ByteLength);
            for (var i = 0; i < pieces.Count; i++)
            {
                var head = new MsgPackBuilder();
                if (i == 0 && pieces.Count == 1)
                    head.Pair(tensor.Info.Name, lengths.Sum());
                else if (i == 0)
                    AppendChunkedHead(head, tensor.Info, pieces.Count, lengths.Sum());
                if (pieces.Count > 1)
                    head.Text(i.ToString());
                head.Append(ArrayHead(pieces[i].Info));
                prefixes.Add(head.ToArray());
                position += prefixes[^1].Length;
                places.Add((pieces[i], position));
                position += pieces[i].Info.ByteLength;
            }
        }
        return WeightFileWriter.Write(
            path, places, position, i => i < prefixes.Count ? prefixes[i] : [], null, progress, cancellation);
    }

    private static List<WeightTensor> Cut(WeightTensor tensor, long maxLength)
    {
        if (tensor.Info.ByteLength <= maxLength)
            return [tensor];
        var count = maxLength / tensor.Info.Type.Size();
        var pieces = new List<WeightTensor>();
        for (long first = 0; first < tensor.Info.ElementCount; first += count)
        {
            var length = Math.Min(count, tensor.Info.ElementCount - first);
            var info = new TensorInfo(tensor.Info.Name, tensor.Info.Type, [length]);
            pieces.Add(new SegmentedTensor(info, [(tensor, first, length)]));
        }
        return pieces;
    }

    private static void AppendChunkedHead(MsgPackBuilder head, TensorInfo info, int pieces, long piecesLength)
    {
        var map = new MsgPackBuilder();
        map.Map(3);
        map.Text("__msgpack_chunked_array__");
        map.True();
        map.Text("shape");
        map.Map(info.Shape.Count);
        for (var i = 0; i < info.Shape.Count; i++)
        {
            map.Text(i.ToString());
            map.Integer(info.Shape[i]);
        }
        map.Text("chunks");
        map.Map(pieces);
        var names = Enumerable.Range(0, pieces).Sum(i => 1 + i.ToString().Length);
        head.Pair(info.Name, map.ToArray().Length + names + piecesLength);
        head.Append(map.ToArray());
    }

    /// <summary>What precedes an array's bytes: extension 1 around shape, type and the head of the bytes.</summary>
    private static byte[] ArrayHead(TensorInfo info)
    {
        var inner = new MsgPackBuilder();
        inner.Array(3);
        inner.Array(info.Shape.Count);
        foreach (var size in info.Shape)
            inner.Integer(size);
        inner.Text(info.Type.TorchName());
        inner.Binary(info.ByteLength);
        var head = new MsgPackBuilder();
        head.Extension(1, inner.ToArray().Length + info.ByteLength);
        head.Append(inner.ToArray());
        return head.ToArray();
    }

    private static WeightTensor ToEasyLm(string path, WeightTensor tensor, EasyLmLayout layout, int heads)
    {
        if (layout == EasyLmLayout.Same)
            return tensor;
        if (tensor.Info.Shape.Count != 2)
            throw new BadInputException($"{path}: tensor {tensor.Info} is not a matrix.");
        if (layout == EasyLmLayout.Transposed)
            return new TransposedTensor(tensor);
        return RotaryRowsTensor.Fits(tensor.Info, heads)
            ? new TransposedTensor(new RotaryRowsTensor(tensor, heads, toHalves: false))
            : throw new BadInputException(
                $"{path}: tensor {tensor.Info} cannot be divided into {heads} heads, as its config.json says.");
    }
}
