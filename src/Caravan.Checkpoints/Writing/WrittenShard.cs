namespace Caravan.Checkpoints;

/// <summary>A weight file that was written.</summary>
/// <param name="File">Its name in the folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Of the whole file, in hexadecimal.</param>
/// <param name="Sum">Of all floating-point numbers in it.</param>
public sealed record WrittenShard(string File, long Bytes, string Sha256, double Sum);
