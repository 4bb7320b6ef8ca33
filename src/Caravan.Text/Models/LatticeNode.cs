namespace Caravan.Text.Models;

/// <summary>
/// The best way to a position: where its last piece starts, which piece that is, and the sum of scores.
/// </summary>
internal readonly record struct LatticeNode(int Start, int Id, float Score);
