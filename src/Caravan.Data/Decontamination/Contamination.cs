namespace Caravan.Data.Decontamination;

/// <summary>The best match of one training record and one question.</summary>
/// <param name="TestSet">The benchmark's name.</param>
/// <param name="Question">0-based.</param>
/// <param name="Record">0-based position of the training record.</param>
/// <param name="RecordId">Its id.</param>
/// <param name="Score">The part of the question that is in the record, from 0 to 1.</param>
public sealed record Contamination(string TestSet, int Question, int Record, string RecordId, double Score);
