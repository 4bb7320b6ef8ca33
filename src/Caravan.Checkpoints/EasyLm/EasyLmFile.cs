using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// A file of EasyLM's streamed checkpoints (<c>streaming_params</c>, <c>streaming_train_state</c>): MessagePack pairs
/// of a path of names and an array as Flax serialises it. Given as the tensors of a Hugging Face LLaMA.
/// </summary>
internal static class EasyLmFile
{
    private const string ChunkedMark = "__msgpack_chunked_array__";
    private const int MaxRank = 8;

    /// <summary>Whether a file begins like one: a pair whose first half is a short list.</summary>
    public static bool IsEasyLm(string path)
    {
        if (!File.Exists(path))
            return false;
        using var file = WeightFile.Open(path);
        if (file.Length < 3)
            return false;
        Span<byte> head = stackalloc byte[3];
        file.Read(0, head);
        return head[0] == 0x92 && head[1] is >= 0x91 and <= 0x9f && head[2] is (>= 0xa0 and <= 0xbf) or 0xd9;
    }

    /// <param name="path">The file.</param>
    /// <param name="config">The model's configuration: the file does not say how many heads there are.</param>
    /// <exception cref="BadInputException">Truncated, damaged, or not of a LLaMA of this configuration.</exception>
    public static WeightSource Open(string path, ModelConfigFile config)
    {
        var heads = config.GetInt("num_attention_heads");
        var keyValueHeads = config.GetInt("num_key_value_heads", heads);
        var file = WeightFile.Open(path);
        try
        {
            var tensors = new Dictionary<string, WeightTensor>();
            for (var cursor = new MsgPackCursor(file); !cursor.AtEnd;)
            {
                if (ReadPair(file, cursor) is not var (name, stored))
                    continue;
                if (EasyLmNames.ToHuggingFace(name) is not var (target, layout))
                    continue;
                var tensor = FromEasyLm(path, stored, layout, layout == EasyLmLayout.Queries ? heads : keyValueHeads);
                if (!tensors.TryAdd(target, tensor.Renamed(target)))
                    throw cursor.Bad($"parameter '{name}' is there twice");
            }
            if (!tensors.ContainsKey("model.embed_tokens.weight"))
            {
                throw new BadInputException(
                    $"{path}: there is no parameter 'transformer/wte/embedding'. This is no LLaMA of EasyLM's.");
            }
            return new WeightSource([.. tensors.Values], new Dictionary<string, string>(), [path], [file]);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a pair's name, and its array if it has one.</summary>
    private static (string Name, WeightTensor Array)? ReadPair(WeightFile file, MsgPackCursor cursor)
    {
        if (cursor.Next(MsgPackKind.Array) != 2)
            throw cursor.Bad($"the value before byte {cursor.Position} is no pair of a name and an array");
        var parts = new string[Math.Min(cursor.Next(MsgPackKind.Array), 1000)];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = cursor.NextText();
        var name = string.Join('/', parts);
        // A training state keeps the parameters beside the optimizer's.
        name = name.StartsWith("params/params/", StringComparison.Ordinal) ? name["params/params/".Length..] : name;
        var value = cursor.Next();
        if (value.Kind is not (MsgPackKind.Binary or MsgPackKind.Text))
            throw cursor.Bad($"the value of '{name}' is not a serialised array");
        return ReadArray(file, name, cursor.Enter(value.Number)) is { } array ? (name, array) : null;
    }

    private static WeightTensor? ReadArray(WeightFile file, string name, MsgPackCursor cursor)
    {
        var value = cursor.AtEnd ? default : cursor.Next();
        return value.Kind switch
        {
            MsgPackKind.Numbers => ReadNumbers(file, name, cursor.Enter(value.Number)),
            MsgPackKind.Map => ReadChunked(file, name, cursor, value.Number),
            _ => null,
        };
    }

    private static FileTensor ReadNumbers(WeightFile file, string name, MsgPackCursor cursor)
    {
        if (cursor.Next(MsgPackKind.Array) != 3)
            throw cursor.Bad($"the array of '{name}' is not described by shape, type and bytes");
        var rank = cursor.Next(MsgPackKind.Array);
        if (rank > MaxRank)
            throw cursor.Bad($"the array of '{name}' has {rank} dimensions");
        var shape = new long[rank];
        for (var i = 0; i < rank; i++)
            shape[i] = cursor.Next(MsgPackKind.Integer);
        var typeName = cursor.NextText();
        if (!WeightTypes.TryParse(typeName, out var type))
            throw cursor.Bad($"the array of '{name}' has the unknown type '{typeName}'");
        var info = Describe(cursor, name, type, shape);
        var length = cursor.Next(MsgPackKind.Binary);
        return length == info.ByteLength
            ? new FileTensor(info, file, cursor.Position)
            : throw cursor.Bad(
                $"the array of '{name}', {info.ShapeText} of {typeName}, takes {info.ByteLength} bytes and has " +
                $"{length}");
    }

    /// <summary>
    /// Arrays above a gigabyte come in flat pieces: a map of a mark, <c>shape</c> and <c>chunks</c>, keyed by number.
    /// </summary>
    private static SegmentedTensor? ReadChunked(WeightFile file, string name, MsgPackCursor cursor, long count)
    {
        var isChunked = false;
        var shape = new SortedDictionary<int, long>();
        var chunks = new SortedDictionary<int, FileTensor>();
        for (long i = 0; i < count; i++)
        {
            var key = cursor.NextText();
            if (key is not (ChunkedMark or "shape" or "chunks"))
                return null;
            var value = cursor.Next();
            if (key == ChunkedMark)
            {
                isChunked = true;
                continue;
            }
            if (value.Kind != MsgPackKind.Map)
                throw cursor.Bad($"'{key}' of '{name}' is not a map");
            for (long j = 0; j < value.Number; j++)
            {
                if (!int.TryParse(cursor.NextText(), out var number))
                    throw cursor.Bad($"the pieces of '{name}' are not numbered");
                if (key == "shape")
                    shape[number] = cursor.Next(MsgPackKind.Integer);
                else
                    chunks[number] = ReadNumbers(file, name, cursor.Enter(cursor.Next(MsgPackKind.Numbers)));
            }
        }
        if (!isChunked)
            return null;
        if (chunks.Count == 0 || shape.Count > MaxRank
            || chunks.Values.DistinctBy(chunk => chunk.Info.Type).Count() > 1)
            throw cursor.Bad($"the pieces of '{name}' do not make an array");
        var info = Describe(cursor, name, chunks.First().Value.Info.Type, [.. shape.Values]);
        return chunks.Values.Sum(chunk => chunk.Info.ElementCount) == info.ElementCount
            ? new SegmentedTensor(
                info, chunks.Values.Select(chunk => ((WeightTensor)chunk, 0L, chunk.Info.ElementCount)))
            : throw cursor.Bad($"the pieces of '{name}' do not add up to the shape {info.ShapeText}");
    }

    private static TensorInfo Describe(MsgPackCursor cursor, string name, WeightType type, long[] shape)
    {
        try
        {
            return new TensorInfo(name, type, shape);
        }
        catch (BadInputException e)
        {
            throw cursor.Bad(e.Message);
        }
    }

    private static WeightTensor FromEasyLm(string path, WeightTensor stored, EasyLmLayout layout, int heads)
    {
        if (layout == EasyLmLayout.Same)
            return stored;
        if (stored.Info.Shape.Count != 2)
            throw new BadInputException($"{path}: parameter {stored.Info} is not a matrix.");
        var transposed = new TransposedTensor(stored);
        if (layout == EasyLmLayout.Transposed)
            return transposed;
        return RotaryRowsTensor.Fits(transposed.Info, heads)
            ? new RotaryRowsTensor(transposed, heads, toHalves: true)
            : throw new BadInputException(
                $"{path}: parameter {stored.Info} cannot be divided into {heads} heads. Check the configuration.");
    }
}
