using System.Security.Cryptography;
using System.Text;
using Caravan.Checkpoints;

namespace Caravan.Training.Models;

/// <summary>Tells one base model from another without reading all of its weights, however they are split into
/// files.</summary>
internal static class BaseFingerprint
{
    private const int Samples = 16, SampleBytes = 4096;

    /// <summary>SHA-256 over every tensor's name, type and shape and over 16 stretches of 4 KiB spread over its bytes;
    /// smaller tensors count whole.</summary>
    /// <exception cref="Caravan.Files.BadInputException">The directory has no weights, or they are damaged.</exception>
    public static string Of(string directory)
    {
        using var weights = ModelWeights.Open(directory);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Samples * SampleBytes];
        foreach (var info in weights.Tensors.OrderBy(info => info.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{info.Name}\0{info.Type}\0{info.ShapeText}\0"));
            var tensor = weights[info.Name];
            if (info.ByteLength <= buffer.Length)
            {
                var whole = buffer.AsSpan(0, (int)info.ByteLength);
                tensor.Read(0, whole);
                hash.AppendData(whole);
            }
            else
                AppendSamples(hash, tensor, buffer.AsSpan(0, SampleBytes));
            tensor.Release();
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void AppendSamples(IncrementalHash hash, WeightTensor tensor, Span<byte> buffer)
    {
        var room = tensor.Info.ByteLength - SampleBytes;
        for (var i = 0; i < Samples; i++)
        {
            // At whole elements: none has more than 8 bytes.
            tensor.Read(room / (Samples - 1) * i / 8 * 8, buffer);
            hash.AppendData(buffer);
        }
    }
}
