namespace Caravan.Training.Report;

/// <summary>The loss per target token on held-out records after so many updates.</summary>
public readonly record struct HeldOutPoint(int Step, double Loss);
