namespace Caravan.Training.Report;

/// <summary>How many of <paramref name="Total"/> answers to one kind of task were right.</summary>
public sealed record TaskScore(string Kind, int CorrectBefore, int CorrectAfter, int Total);
