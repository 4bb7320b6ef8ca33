namespace Caravan.Data.Lineage;

/// <summary>A mixture's part: how many of a source's records went in, and the source itself.</summary>
/// <param name="Amount">As it was asked for.</param>
/// <param name="Available">Records of the source.</param>
/// <param name="Taken">Records taken, before filters; more than there are when it was repeated.</param>
/// <param name="Filtered">How many of them the mixture's filters rejected.</param>
/// <param name="Source">The source's own manifest.</param>
public sealed record ManifestPart(string Amount, long Available, long Taken, long Filtered, Manifest Source)
{
    /// <summary>How often each record was taken on average.</summary>
    public double Factor => Available == 0 ? 0 : (double)Taken / Available;
}
