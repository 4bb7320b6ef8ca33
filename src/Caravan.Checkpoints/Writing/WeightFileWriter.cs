using System.Security.Cryptography;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// Writes a file of tensors with other bytes before, between and behind them, as all weight formats are. What is
/// hashed is what is written, on its way, so that no byte is read again.
/// </summary>
internal static class WeightFileWriter
{
    /// <summary>Writes the file; it appears under its name when all of it is on the disk.</summary>
    /// <param name="path">Replaced if it exists.</param>
    /// <param name="tensors">In the order of their places in the file.</param>
    /// <param name="length">Of the whole file, in bytes.</param>
    /// <param name="bytesBefore">
    /// The bytes between tensor i − 1 and tensor i; for i = number of tensors, those behind the last. Asked in order,
    /// when all tensors before have been observed.
    /// </param>
    /// <param name="observe">Sees all chunks in order, or null.</param>
    /// <param name="progress">Told the number of bytes of each piece written.</param>
    /// <param name="cancellation">Stops between pieces; nothing is left behind.</param>
    /// <returns>The file's SHA-256 in hexadecimal.</returns>
    /// <exception cref="BadInputException">A source is truncated, or there is no space.</exception>
    public static string Write(
        string path, IReadOnlyList<(WeightTensor Tensor, long Position)> tensors, long length,
        Func<int, byte[]> bytesBefore, ChunkObserver? observe, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        DiskSpace.Require(path, length);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AtomicFile.Write(path, stream =>
        {
            var file = ((FileStream)stream).SafeFileHandle;
            RandomAccess.SetLength(file, length);
            var between = new List<(byte[] Bytes, long Position)>();
            void PassTo(int tensor)
            {
                while (between.Count <= tensor)
                {
                    var at = between.Count;
                    var end = at == 0 ? 0 : tensors[at - 1].Position + tensors[at - 1].Tensor.Info.ByteLength;
                    between.Add((bytesBefore(at), end));
                    sha.AppendData(between[^1].Bytes);
                }
            }
            TensorPump.Run(file, tensors, (tensor, offset, chunk) =>
            {
                PassTo(tensor);
                observe?.Invoke(tensor, offset, chunk);
                sha.AppendData(chunk);
            }, progress, cancellation);
            PassTo(tensors.Count);
            foreach (var (bytes, position) in between)
                RandomAccess.Write(file, bytes, position);
        });
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}
