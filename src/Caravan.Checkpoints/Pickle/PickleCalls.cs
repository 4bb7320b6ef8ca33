using System.Numerics;
using System.Text;

namespace Caravan.Checkpoints;

/// <summary>
/// The names that a weight file may use, and what calling them gives. This list is the whole of what a pickle can do
/// here; each entry makes plain data.
/// </summary>
internal static class PickleCalls
{
    private const string Storages =
        "Float Half BFloat16 Double Long Int Short Char Byte Bool Float8_e4m3fn Float8_e5m2";

    private static readonly Dictionary<string, WeightType> StorageTypes =
        Storages.Split(' ').ToDictionary(name => $"torch.{name}Storage", name => name switch
        {
            "Float" => WeightType.F32,
            "Half" => WeightType.F16,
            "BFloat16" => WeightType.BF16,
            "Double" => WeightType.F64,
            "Long" => WeightType.I64,
            "Int" => WeightType.I32,
            "Short" => WeightType.I16,
            "Char" => WeightType.I8,
            "Byte" => WeightType.U8,
            "Bool" => WeightType.Bool,
            "Float8_e4m3fn" => WeightType.F8E4M3,
            _ => WeightType.F8E5M2,
        });

    private static readonly HashSet<string> Constructors =
    [
        "collections.OrderedDict",
        "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3",
        "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
        "torch.storage.UntypedStorage", "torch.storage._UntypedStorage", "torch.storage.TypedStorage",
        "torch.UntypedStorage",
        "torch.Size", "torch.device", "torch.Tensor", "torch.nn.parameter.Parameter",
        "torch.serialization._get_layout", "_codecs.encode",
        .. new[] { "set", "bytearray", "int", "float", "dict", "list", "tuple" }
            .SelectMany(name => new[] { $"builtins.{name}", $"__builtin__.{name}" }),
    ];

    public static bool IsAllowed(PickleGlobal global)
    {
        var name = global.ToString();
        return Constructors.Contains(name) || StorageTypes.ContainsKey(name) || TensorType(global) is not null;
    }

    /// <summary>The element type of a storage class; null for untyped ones.</summary>
    public static WeightType? StorageType(PickleGlobal global) =>
        StorageTypes.TryGetValue(global.ToString(), out var type) ? type : null;

    /// <summary>The type that <c>torch.float32</c> and its like name; null for other names.</summary>
    public static WeightType? TensorType(PickleGlobal global) =>
        global.Module == "torch" && Enum.GetValues<WeightType>().Where(type => type.TorchName() == global.Name)
            .Select(type => (WeightType?)type).FirstOrDefault() is { } found ? found : null;

    /// <summary>The result of calling an allowed name; null if the arguments do not suit it.</summary>
    public static object? Invoke(PickleGlobal global, object?[] arguments) => (global.Name, arguments) switch
    {
        ("OrderedDict" or "dict", []) => new PickleDictionary(),
        ("OrderedDict" or "dict", [List<object?> pairs]) => FromPairs(pairs),
        ("_rebuild_tensor_v2" or "_rebuild_tensor",
            [PickleStorage { Type: { } type } storage, long offset, object?[] size, object?[] stride, ..]) =>
            MakeTensor(storage, type, offset, size, stride),
        ("_rebuild_tensor_v3",
            [PickleStorage storage, long offset, object?[] size, object?[] stride, _, _, PickleGlobal type, ..]) =>
            TensorType(type) is { } known ? MakeTensor(storage, known, offset, size, stride) : null,
        ("_rebuild_parameter" or "_rebuild_parameter_with_state" or "Parameter" or "Tensor",
            [PickleTensor tensor, ..]) => tensor,
        ("Size" or "tuple", [object?[] items]) => items,
        ("Size" or "tuple", [List<object?> items]) => items.ToArray(),
        ("tuple", []) => Array.Empty<object?>(),
        ("set" or "list", []) => new List<object?>(),
        ("set" or "list", [List<object?> items]) => new List<object?>(items),
        ("device" or "_get_layout", [string name, ..]) => name,
        ("int", [long or BigInteger]) => arguments[0],
        ("float", [double or long]) => Convert.ToDouble(arguments[0]),
        ("encode", [string text, "latin1" or "latin-1"]) => Encoding.Latin1.GetBytes(text),
        ("bytearray", [byte[] bytes]) => bytes,
        ("bytearray", []) => Array.Empty<byte>(),
        _ => null,
    };

    private static PickleDictionary? FromPairs(List<object?> pairs)
    {
        var dictionary = new PickleDictionary();
        foreach (var pair in pairs)
        {
            var (key, value) = pair switch
            {
                object?[] { Length: 2 } tuple => (tuple[0], tuple[1]),
                List<object?> { Count: 2 } list => (list[0], list[1]),
                _ => (null, null),
            };
            if (key is null)
                return null;
            dictionary.Set(key, value);
        }
        return dictionary;
    }

    private static PickleTensor? MakeTensor(
        PickleStorage storage, WeightType type, long offset, object?[] size, object?[] stride) =>
        size.All(item => item is long) && stride.All(item => item is long)
            ? new PickleTensor(storage, type, offset, [.. size.Cast<long>()], [.. stride.Cast<long>()])
            : null;
}
