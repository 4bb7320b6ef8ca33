using Caravan.Files;

namespace Caravan.Data.Lineage;

/// <summary>Which terms a data file may have, checked before it is made or trained on.</summary>
public static class LicencePolicy
{
    /// <summary>The names that <see cref="Require"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = ["any", "non-commercial", "commercial", "permissive"];

    /// <summary>
    /// Throws unless every source allows the use: <c>any</c> asks nothing, <c>non-commercial</c> that terms are stated,
    /// <c>commercial</c> that they allow commercial use, <c>permissive</c> that they ask for attribution at most.
    /// </summary>
    /// <exception cref="BadInputException">Some do not; the message names them and their terms.</exception>
    public static void Require(string policy, IEnumerable<(string Dataset, Licence Licence)> sources)
    {
        var strictest = policy switch
        {
            "any" => LicenceUse.Unknown,
            "non-commercial" => LicenceUse.Research,
            "commercial" => LicenceUse.ShareAlike,
            "permissive" => LicenceUse.Permissive,
            _ => throw new BadInputException(
                $"There is no licence policy \"{policy}\"; expected {string.Join(", ", Names)}."),
        };
        var refused = sources.Where(source => source.Licence.Use > strictest)
            .Select(source => $"{source.Dataset} ({source.Licence.Name})").Distinct().ToList();
        if (refused.Count > 0)
        {
            throw new BadInputException(
                $"The licence policy \"{policy}\" does not allow {string.Join(", ", refused)}. " +
                "Leave them out, or choose another policy.");
        }
    }

    /// <summary>The terms that bind something made from several sources.</summary>
    public static Licence Strictest(IEnumerable<Licence> licences) => licences.MaxBy(licence => licence.Use)!;
}
