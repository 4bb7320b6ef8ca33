using System.Text;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// Writes the numbers that base + (tuned − base) does not give back exactly in single precision. Layout, little-endian:
/// the eight bytes <c>CVNCORR1</c>; then blocks, each: length of the tensor's name (u16), the name in UTF-8, number of
/// corrections (u32), and for each the element (u64) and the bits of its value (u32), elements ascending.
/// </summary>
internal sealed class CorrectionsWriter : IDisposable
{
    private readonly string _path;
    private readonly Lock _lock = new();
    private BinaryWriter? _writer;

    public CorrectionsWriter(string path) => _path = path;

    public long Count { get; private set; }

    public void Add(string tensor, IReadOnlyList<(long Element, uint Bits)> corrections)
    {
        lock (_lock)
        {
            if (_writer is null)
            {
                _writer = new BinaryWriter(File.Create(AtomicFile.TemporaryName(_path)));
                _writer.Write("CVNCORR1"u8);
            }
            var name = Encoding.UTF8.GetBytes(tensor);
            _writer.Write((ushort)name.Length);
            _writer.Write(name);
            _writer.Write(corrections.Count);
            foreach (var (element, bits) in corrections)
            {
                _writer.Write(element);
                _writer.Write(bits);
            }
            Count += corrections.Count;
        }
    }

    /// <summary>Gives the file its name; without corrections there is no file.</summary>
    public void Commit()
    {
        if (_writer is null)
            return;
        _writer.Dispose();
        _writer = null;
        File.Move(AtomicFile.TemporaryName(_path), _path, overwrite: true);
    }

    public void Dispose()
    {
        if (_writer is null)
            return;
        _writer.Dispose();
        File.Delete(AtomicFile.TemporaryName(_path));
    }
}
