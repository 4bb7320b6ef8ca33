namespace Caravan.Checkpoints;

/// <summary>A dataset that a model was trained on.</summary>
/// <param name="Page">Its address; null if unknown.</param>
/// <param name="Licence">Its terms, by name; null if unknown.</param>
/// <param name="Records">Records of it that went in; null if unknown.</param>
public sealed record CardDataset(string Name, string? Page, string? Licence, long? Records);
