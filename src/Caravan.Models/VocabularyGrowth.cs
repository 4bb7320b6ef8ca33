namespace Caravan.Models;

/// <summary>Rows of embedding and head for tokens that a checkpoint does not know yet.</summary>
/// <param name="Rows">Rows afterwards.</param>
/// <param name="Seed">Of the new rows, which are normal with mean 0 and standard deviation 0.02.</param>
public sealed record VocabularyGrowth(int Rows, long Seed);
