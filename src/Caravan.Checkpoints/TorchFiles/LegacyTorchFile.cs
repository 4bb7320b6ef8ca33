using System.Buffers.Binary;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// The format of <c>torch.save</c> before PyTorch 1.6: a magic number, a version, a description of the machine, the
/// object and the list of storages, each pickled, and then each storage as a 64-bit count and its raw bytes.
/// </summary>
internal static class LegacyTorchFile
{
    private const int MaxPicklesLength = 256 << 20;

    private static readonly byte[] Start =
        [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    public static bool IsLegacy(WeightFile file)
    {
        if (file.Length < Start.Length)
            return false;
        Span<byte> head = stackalloc byte[Start.Length];
        file.Read(0, head);
        return head.SequenceEqual(Start);
    }

    /// <summary>Unpickles the object and finds where each storage's bytes lie.</summary>
    /// <exception cref="BadInputException">Truncated, damaged, or naming forbidden classes.</exception>
    public static object? Read(WeightFile file, bool opaque, Dictionary<string, long> positions)
    {
        BadInputException Bad(string what) => new($"{file.Path}: {what} The file is damaged; fetch it again.");

        var bytes = new byte[(int)Math.Min(file.Length, MaxPicklesLength)];
        file.Read(0, bytes);
        var storages = new Dictionary<string, PickleStorage>();
        object MakeStorage(object? id)
        {
            if (id is object?[] and [.., object?[]])
                throw Bad("it stores views of storages in a way that PyTorch gave up in 2017.");
            var storage = TorchArchive.MakeStorage(file.Path, id);
            return storages.TryAdd(storage.Key, storage) || storages[storage.Key] == storage
                ? storages[storage.Key]
                : throw Bad($"storage '{storage.Key}' is described in two ways.");
        }

        var at = Start.Length;
        object? Next() => PickleReader.Read(file.Path, bytes, ref at, opaque, MakeStorage);
        if (Next() is not 1001L)
            throw Bad("its version is not 1001.");
        if (Next() is not PickleDictionary machine || machine["little_endian"] is not true)
            throw Bad("it was not written on a little-endian machine.");
        var root = Next();
        if (Next() is not List<object?> keys)
            throw Bad("the list of storages is missing.");
        long position = at;
        Span<byte> count = stackalloc byte[8];
        foreach (var key in keys)
        {
            if (key is not string name || !storages.TryGetValue(name, out var storage))
                throw Bad("the list of storages names one that no tensor uses.");
            file.Read(position, count);
            var size = storage.Type?.Size() ?? 1;
            if (BinaryPrimitives.ReadInt64LittleEndian(count) != storage.Count)
            {
                throw Bad(
                    $"storage '{name}' has {BinaryPrimitives.ReadInt64LittleEndian(count)} elements, not " +
                    $"{storage.Count}.");
            }
            position += 8;
            if ((Int128)storage.Count * size > file.Length - position)
                throw Bad($"storage '{name}' of {storage.Count} elements reaches beyond the end of the file.");
            positions[name] = position;
            position += storage.Count * size;
        }
        return root;
    }
}
