using System.Buffers.Binary;
using Caravan.Files;

namespace Caravan.Checkpoints.Tests;

/// <summary>Whatever happens to a file, it is either read or refused with <see cref="BadInputException"/>.</summary>
public sealed class SafetensorsFuzzTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.InMemory();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_MutatedFiles_AreReadOrRefused()
    {
        SafetensorsWriter.Write(_folder["good"], [
            Tensors.Random("model.embed_tokens.weight", WeightType.BF16, [8, 4]),
            Tensors.Random("model.norm.weight", WeightType.F32, [4]),
            Tensors.Random("mask", WeightType.Bool, [3]),
        ]);
        Fuzzing.Run(File.ReadAllBytes(_folder["good"]), 10_000, _folder["bad"], path =>
        {
            using var file = SafetensorsFile.Open(path);
            CheckConsistent(file, new FileInfo(path).Length);
        }, Mutate);
    }

    private static void CheckConsistent(SafetensorsFile file, long fileLength)
    {
        long total = 0;
        foreach (var info in file.Tensors)
        {
            Assert.Equal(file[info.Name].ReadAll(), file.Map(info.Name).Bytes);
            total += info.ByteLength;
        }
        Assert.InRange(fileLength - total, 8, fileLength);
    }

    private static byte[] Mutate(byte[] good, Random random)
    {
        var bytes = (byte[])good.Clone();
        var headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(good);
        switch (random.Next(6))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                BinaryPrimitives.WriteInt64LittleEndian(bytes, random.NextInt64() >> random.Next(64));
                return bytes;
            case 2:
                return [.. bytes, .. new byte[random.Next(1, 20)]];
            case 3:
                // A digit for a digit: valid JSON with other shapes and offsets.
                for (var at = 8 + random.Next(headerLength); at < 8 + headerLength; at++)
                {
                    if (char.IsAsciiDigit((char)bytes[at]))
                    {
                        bytes[at] = (byte)random.Next('0', '9' + 1);
                        break;
                    }
                }
                return bytes;
            case 4:
                var from = 8 + random.Next(headerLength);
                var length = random.Next(1, 30);
                return [.. bytes[..from], .. bytes[Math.Min(from + length, bytes.Length)..]];
            default:
                for (var i = random.Next(1, 4); i > 0; i--)
                    bytes[random.Next(8 + headerLength)] = (byte)random.Next(256);
                return bytes;
        }
    }
}
