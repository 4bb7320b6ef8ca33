namespace Caravan.Training.Evaluation;

/// <summary>What a model answers to a held-out prompt.</summary>
/// <param name="Reference">The record's own answer.</param>
internal sealed record SampleAnswer(string RecordId, string Prompt, string Reference, string Answer);
