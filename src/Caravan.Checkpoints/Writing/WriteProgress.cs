namespace Caravan.Checkpoints;

/// <summary>How far a tool is: bytes written of those to be written.</summary>
public readonly record struct WriteProgress(long Bytes, long TotalBytes);
