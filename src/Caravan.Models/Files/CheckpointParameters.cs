using System.Runtime.ExceptionServices;
using Caravan.Checkpoints;
using Caravan.Files;
using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Files;

/// <summary>Parameters from a checkpoint, taken one by one to the wanted type and device: the peak is the model and one
/// tensor. What needs no conversion stays in the mapped file.</summary>
internal sealed class CheckpointParameters : IParameterSource, IDisposable
{
    private const int NamesInMessage = 20, PieceSize = 1 << 18, LargePage = 2 << 20;

    private readonly ModelWeights _weights;
    private readonly string _basePrefix;
    private readonly LoadOptions _options;
    private readonly int _storedVocabulary;
    private readonly double _initializerRange;
    private readonly RandomGenerator _generator;
    private readonly HashSet<string> _used = [];
    private readonly List<string> _missing = [];
    private readonly List<(nint Start, long Length)> _writable = [];
    private bool _isInUse;

    /// <param name="basePrefix">What may be absent from the front of the stored names.</param>
    internal CheckpointParameters(
        ModelWeights weights, ModelConfigFile config, string basePrefix, LoadOptions options)
    {
        (_weights, _basePrefix, _options) = (weights, basePrefix, options);
        _storedVocabulary = config.GetInt("vocab_size", 0);
        _initializerRange = ModelFolder.InitializerRange(config);
        _generator = new RandomGenerator(options.Seed);
    }

    public Tensor Get(string name, long[] shape, Initialisation initialisation)
    {
        if (FindStored(_weights, _basePrefix, name) is not { } stored)
            return Missing(name, shape);
        var source = BitsAndBytes.Find(_weights, stored)?.Numbers;
        var isResized = Check(source?.Info ?? _weights[stored].Info, stored, shape);
        using var scope = new TensorScope();
        Tensor values;
        if (isResized)
        {
            var rows = source is null ? View(stored) : Read(source, _options.Dtype);
            values = WithRows(rows, shape[0]).to(_options.Dtype);
        }
        else if (source is null && TorchTensors.DtypeOf(_weights[stored].Info) == _options.Dtype)
            values = _options.Device.IsCpu ? InPlace(stored) : View(stored);
        else
            values = Read(source ?? _weights[stored], _options.Dtype);
        return scope.Keep(values.to(_options.Device)).Owned();
    }

    public QuantizedWeight? FindQuantized(string name, long outputs, long inputs, bool isTransposed)
    {
        if (FindStored(_weights, _basePrefix, name) is not { } stored)
            return null;
        using var scope = new TensorScope();
        if (BitsAndBytes.Find(_weights, stored) is { } saved)
        {
            Check(saved.Numbers.Info, stored, [outputs, inputs]);
            return Placed(Saved(saved, outputs, inputs));
        }
        if (_options.Linears == WeightPrecision.Full)
            return null;
        var info = _weights[stored].Info;
        Check(info, stored, isTransposed ? [inputs, outputs] : [outputs, inputs]);
        // Into memory that is freed at once.
        var numbers = Read(_weights[stored], TorchTensors.DtypeOf(info));
        if (isTransposed)
            numbers = numbers.t();
        QuantizedWeight quantized =
            _options.Linears == WeightPrecision.Nf4 ? Nf4Weight.Quantize(numbers) : Int8Weight.Quantize(numbers);
        if (!quantized.IsFinite)
        {
            throw new BadInputException(
                $"{_weights.Path}: tensor '{stored}' holds numbers that are infinite or not a number, which cannot " +
                "be quantised.");
        }
        return Placed(quantized);
    }

    /// <summary>What the checkpoint calls a parameter, or null if it lacks it.</summary>
    internal static string? FindStored(ModelWeights weights, string basePrefix, string name)
    {
        if (weights.Contains(name))
            return name;
        return name.StartsWith(basePrefix, StringComparison.Ordinal) && weights.Contains(name[basePrefix.Length..])
            ? name[basePrefix.Length..]
            : null;
    }

    /// <summary>Called when the model has all its parameters: what was not there is an error, what was not asked for a
    /// warning.</summary>
    /// <exception cref="BadInputException">Tensors are missing; with <see cref="LoadOptions.Strict"/> also: some are
    /// left over.</exception>
    internal void Finish(LanguageModel model)
    {
        foreach (var warning in _weights.Warnings)
            _options.Warn?.Invoke(warning);
        if (_missing.Count > 0)
        {
            throw new BadInputException(
                $"{_weights.Path}: {Listed(_missing)} missing: the weights are incomplete or belong to another " +
                "architecture than config.json says.");
        }
        string[] unexpected = [.. _weights.Tensors.Select(info => info.Name)
            .Where(name => !_used.Contains(name) && !IsBuffer(name) && !BitsAndBytes.IsPart(_weights, name)
                && !IsSecondHead(model, name))];
        if (unexpected.Length == 0)
            return;
        var message = $"{_weights.Path}: {Listed(unexpected)} not part of this architecture";
        if (_options.Strict)
            throw new BadInputException($"{message}. Check that weights and config.json belong together.");
        _options.Warn?.Invoke($"{message}; ignored.");
    }

    /// <summary>Closes the files, unless parameters lie in them.</summary>
    public void Dispose()
    {
        _generator.Dispose();
        if (!_isInUse)
            _weights.Dispose();
    }

    // Whether the rows are to become more or fewer.
    private bool Check(TensorInfo info, string stored, long[] shape)
    {
        _used.Add(stored);
        if (info.Shape.SequenceEqual(shape))
            return false;
        if (_options.VocabularySize is not null && shape is [_, var wanted]
            && info.Shape is [var rows, var width] && rows == _storedVocabulary && width == wanted)
        {
            return true;
        }
        throw new BadInputException(
            $"{_weights.Path}: tensor '{stored}' has shape {info.ShapeText}, expected " +
            $"[{string.Join(", ", shape)}] from config.json." + (IsVocabulary(info, shape)
                ? " If the weights are right, correct vocab_size there, or use --ignore-vocab-rows." : ""));
    }

    // Whether only the number of the vocabulary's rows differs.
    private bool IsVocabulary(TensorInfo info, long[] shape) => shape is [var rows, var wanted]
        && info.Shape is [_, var width] && width == wanted && rows == _storedVocabulary;

    private Tensor View(string stored) => TorchTensors.View(_weights.Map(stored), _weights);

    private Tensor InPlace(string stored)
    {
        _isInUse = true;
        if (!_options.ForTraining)
            return View(stored);
        var mapped = _weights.Map(stored, writable: true);
        var view = TorchTensors.View(mapped, _weights);
        return Claim(mapped) ? view : view.clone();
    }

    // bitsandbytes' parts in place: its arithmetic and layout are those of Nf4Weight.
    private Nf4Weight Saved(BitsAndBytesWeight saved, long outputs, long inputs)
    {
        if (!saved.HasUsualBlocks)
        {
            throw new BadInputException(
                $"{_weights.Path}: tensor '{saved.Codes}' is quantised in other blocks or to other levels than NF4 " +
                "with 64 weights a block. Write the model in bf16 first, with caravan weights convert.");
        }
        _isInUse = true;
        var scales = saved is { ScalesOfScales: { } outer, Map: { } map }
            ? BlockScales.Quantized(View(saved.Scales), View(outer), saved.Offset, View(map))
            : BlockScales.Exact(View(saved.Scales));
        return new Nf4Weight(outputs, inputs, View(saved.Codes).view(-1), scales); // stored as a column
    }

    private QuantizedWeight Placed(QuantizedWeight quantized)
    {
        if (_options.Device.IsCpu)
            return quantized;
        using (quantized)
            return quantized.To(_options.Device);
    }

    // Straight into the result, on all cores. A core takes whole pages of the result, of the large ones that tensors ask
    // for: filled first by the one that the system has just cleared them for. What becomes larger comes from the mapped
    // file; where most of the bytes are the file's, bringing in its pages costs more than copying them.
    private unsafe Tensor Read(WeightTensor stored, Dtype dtype)
    {
        if (stored.Info.Type is not (WeightType.F64 or WeightType.F32 or WeightType.F16 or WeightType.BF16)
            || dtype is not (Dtype.Float32 or Dtype.Float16 or Dtype.BFloat16))
        {
            return View(stored.Info.Name).to(dtype);
        }
        var widens = dtype.Size() > stored.Info.Type.Size();
        var source = (widens ? stored.Mapped() : stored).As(TorchTensors.TypeOf(dtype));
        var result = Tensor.empty([.. stored.Info.Shape], dtype);
        var start = (nint)result.DataPointer;
        var (end, firstPage) = (start + (nint)source.Info.ByteLength, start / LargePage);
        try
        {
            Parallel.For(0, (end + LargePage - 1) / LargePage - firstPage, page =>
            {
                var at = Math.Max(start, (nint)(firstPage + page) * LargePage);
                var pageEnd = Math.Min(end, (nint)(firstPage + page + 1) * LargePage);
                for (; at < pageEnd; at += PieceSize)
                    source.Read(at - start, new Span<byte>((byte*)at, (int)Math.Min(PieceSize, pageEnd - at)));
            });
        }
        catch (AggregateException failure) when (failure.InnerException is BadInputException inner)
        {
            ExceptionDispatchInfo.Throw(inner);
        }
        source.Release();
        return result;
    }

    // A new head where one may be new; else empty memory, for an error that names all that is missing.
    private Tensor Missing(string name, long[] shape)
    {
        using var scope = new TensorScope();
        if (!IsScore(name))
        {
            _missing.Add(name);
            return scope.Keep(Tensor.empty(shape, _options.Dtype)).Owned();
        }
        var values = Tensor.zeros(shape);
        // The bias begins at 0; the weight as open-instruct draws it.
        var deviation = shape is [_, var hidden] ? 1 / Math.Sqrt(hidden + 1) : 0;
        if (deviation > 0)
            values.normal_(0, deviation, _generator);
        _options.Warn?.Invoke(
            $"{_weights.Path}: '{name}' is new, " + (deviation > 0 ? $"drawn from N(0, {deviation:g3}²)." : "zeros."));
        return scope.Keep(values.to(_options.Dtype).to(_options.Device)).Owned();
    }

    // Rows are cut off, or drawn anew.
    private Tensor WithRows(Tensor stored, long rows)
    {
        var kept = Math.Min(rows, stored.Size(0));
        var added = Tensor.empty([rows - kept, stored.Size(1)]).normal_(0, _initializerRange, _generator);
        return Tensor.cat([stored.narrow(0, 0, kept), added.to(stored.Dtype)]);
    }

    // Whether a parameter has these bytes to itself: PyTorch's files may give them to several.
    private bool Claim(MappedTensor mapped)
    {
        var (start, length) = (mapped.Pointer, mapped.Info.ByteLength);
        if (_writable.Exists(other => start < other.Start + (nint)other.Length && other.Start < start + (nint)length))
            return false;
        _writable.Add((start, length));
        return true;
    }

    // The language head of a model whose head is another one or the embedding.
    private bool IsSecondHead(LanguageModel model, string name)
    {
        if (name != model.OutputName)
            return false;
        if (!model.Head.IsLanguage)
        {
            _options.Warn?.Invoke($"{_weights.Path}: '{name}' is dropped: the model gets another head.");
            return true;
        }
        using var scope = new TensorScope();
        var head = View(name);
        if (!head.Shape.SequenceEqual(model.OutputWeight.Shape)
            || !head.to(_options.Dtype).equal(model.OutputWeight.to(Device.Cpu)))
        {
            _options.Warn?.Invoke(
                $"{_weights.Path}: '{name}' differs from the embedding although config.json ties them; the " +
                "embedding is used.");
        }
        return true;
    }

    private static bool IsScore(string name) => name is "score.weight" or "score.bias";

    // Tables that PyTorch modules keep beside their parameters; models here compute them.
    private static bool IsBuffer(string name) =>
        name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
        || name.EndsWith(".attention.bias", StringComparison.Ordinal)
        || name.EndsWith(".attn.bias", StringComparison.Ordinal)
        || name.EndsWith(".masked_bias", StringComparison.Ordinal);

    private static string Listed(IReadOnlyCollection<string> names) =>
        (names.Count == 1 ? "tensor " : $"{names.Count} tensors ")
        + string.Join(", ", names.Take(NamesInMessage).Select(name => $"'{name}'"))
        + (names.Count > NamesInMessage ? $" and {names.Count - NamesInMessage} more are"
            : names.Count == 1 ? " is" : " are");
}
