using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Caravan.Checkpoints;

/// <summary>Writes the pickle (protocol 2) of an ordered dictionary of tensors, as <c>torch.save</c> does.</summary>
internal sealed class PickleWriter
{
    private readonly ArrayBufferWriter<byte> _output = new();

    private PickleWriter()
    {
    }

    /// <param name="tensors">Each tensor with the key of its storage, which it fills.</param>
    public static byte[] StateDictionary(IEnumerable<(TensorInfo Info, int StorageKey)> tensors)
    {
        var writer = new PickleWriter();
        writer.Bytes(0x80, 2);
        writer.Global("collections", "OrderedDict");
        writer.Ascii(")R(");
        foreach (var (info, key) in tensors)
        {
            writer.Text(info.Name);
            writer.Tensor(info, key);
        }
        writer.Ascii("u.");
        return writer._output.WrittenSpan.ToArray();
    }

    private void Tensor(TensorInfo info, int key)
    {
        Global("torch._utils", "_rebuild_tensor_v2");
        Ascii("((");
        Text("storage");
        Global("torch", $"{StorageName(info)}Storage");
        Text(key.ToString());
        Text("cpu");
        Integer(info.ElementCount);
        Ascii("tQ"); // the persistent id
        Integer(0);
        Ascii("(");
        foreach (var size in info.Shape)
            Integer(size);
        Ascii("t(");
        var strides = new long[info.Shape.Count];
        for (long i = strides.Length - 1, stride = 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(info.Shape[(int)i], 1);
        }
        foreach (var stride in strides)
            Integer(stride);
        Ascii("t");
        Bytes(0x89); // requires_grad
        Global("collections", "OrderedDict");
        Ascii(")RtR"); // no hooks
    }

    private static string StorageName(TensorInfo info) => info.Type switch
    {
        WeightType.F64 => "Double",
        WeightType.F32 => "Float",
        WeightType.F16 => "Half",
        WeightType.BF16 => "BFloat16",
        WeightType.I64 => "Long",
        WeightType.I32 => "Int",
        WeightType.I16 => "Short",
        WeightType.I8 => "Char",
        WeightType.U8 => "Byte",
        WeightType.Bool => "Bool",
        _ => throw new Files.BadInputException(
            $"Tensor '{info.Name}': PyTorch's file format has no storage for {info.Type.SafetensorsName()}; write " +
            "safetensors."),
    };

    private void Global(string module, string name) => Ascii($"c{module}\n{name}\n");

    private void Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        Ascii("X");
        _output.Write(length);
        _output.Write(bytes);
    }

    private void Integer(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        if (value <= int.MaxValue)
        {
            Ascii("J");
            _output.Write(bytes[..4]);
        }
        else
        {
            Bytes(0x8a, 8); // LONG1
            _output.Write(bytes);
        }
    }

    private void Ascii(string text) => _output.Write(Encoding.ASCII.GetBytes(text));

    private void Bytes(params ReadOnlySpan<byte> bytes) => _output.Write(bytes);
}
