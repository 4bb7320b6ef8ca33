using Caravan.Data;

namespace Caravan.Samples;

/// <summary>Examples to train on and examples to test with, which share no problem.</summary>
/// <param name="Training">In random order, plain copying and easy problems among them.</param>
/// <param name="HeldOut">By kind, as many of each.</param>
public sealed record InstructionSplit(
    IReadOnlyList<InstructionRecord> Training, IReadOnlyList<InstructionRecord> HeldOut);
