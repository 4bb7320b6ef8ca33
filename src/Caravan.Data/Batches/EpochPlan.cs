namespace Caravan.Data;

/// <summary>
/// The order of one epoch: for each micro-batch the indices of its examples. <paramref name="FillRatio"/> is the part
/// of the bins' capacity that holds tokens, over all ranks; 1 when rows are not packed.
/// </summary>
public sealed record EpochPlan(int Epoch, IReadOnlyList<int[]> MicroBatches, double FillRatio);
