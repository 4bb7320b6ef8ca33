namespace Caravan.Training.Run;

/// <summary>A whole checkpoint on the disk.</summary>
/// <param name="Step">Updates gone through.</param>
public sealed record Checkpoint(string Path, int Step);
