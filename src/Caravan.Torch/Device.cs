namespace Caravan.Torch;

/// <summary>Where a tensor lives: the CPU or one CUDA device.</summary>
public readonly record struct Device
{
    private const int CpuType = 0, CudaType = 1;

    private readonly int _type, _index;

    private Device(int type, int index) => (_type, _index) = (type, index);

    /// <summary>Main memory; also the default value.</summary>
    public static Device Cpu => default;

    /// <summary>A CUDA device by its index.</summary>
    public static Device Cuda(int index = 0) => new(CudaType, index);

    /// <summary>The device's number; -1 for the CPU.</summary>
    public int Index => IsCpu ? -1 : _index;

    public bool IsCpu => _type == CpuType;

    public bool IsCuda => _type == CudaType;

    /// <summary>Reads <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static Device Parse(string text)
    {
        if (text == "cpu") return Cpu;
        if (text == "cuda") return Cuda();
        if (text.StartsWith("cuda:", StringComparison.Ordinal) && byte.TryParse(text.AsSpan(5), out var index))
            return Cuda(index);
        throw new FormatException($"'{text}' is not a device: expected cpu, cuda or cuda:N");
    }

    public override string ToString() => IsCpu ? "cpu" : $"cuda:{Index}";

    internal long Code => ((long)_type << 32) | (byte)Index;

    internal static Device FromCode(long code) =>
        (int)(code >> 32) == CpuType ? Cpu : new((int)(code >> 32), (int)(code & 0xff));
}
