using System.Globalization;
using Caravan.Files;

namespace Caravan.Data.Mixtures;

/// <summary>
/// How much of a dataset goes into a mixture: <c>all</c>, a number of records (<c>30000</c>), a proportion
/// (<c>0.5</c>, <c>1.0</c>, <c>3.0</c>: a decimal point makes it one) or a percentage (<c>50%</c>). More than there is
/// means whole repetitions and a random rest.
/// </summary>
public sealed record MixtureAmount(string Text)
{
    private const int SmallCount = 10;
    private const int LargeDataset = 100;

    /// <summary>Everything, once.</summary>
    public static MixtureAmount All { get; } = new("all");

    /// <exception cref="BadInputException">The amount is not a positive number in one of the forms.</exception>
    public long Of(long available, string dataset)
    {
        if (Text == "all")
            return available;
        var percent = Text.EndsWith('%');
        var digits = percent ? Text[..^1] : Text;
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ||
            !double.IsFinite(number) ||
            (!percent && !Text.Contains('.') && number > int.MaxValue))
        {
            throw new BadInputException(
                $"{dataset}: \"{Text}\" is not an amount; expected a count such as 30000, a proportion such as 0.5 " +
                "or 3.0, a percentage such as 50%, or all.");
        }
        var proportion = percent ? number / 100 : number;
        var records = percent || Text.Contains('.') ? proportion * available : number;
        if (records is < 1 or > long.MaxValue / 2)
            throw new BadInputException(
                $"{dataset}: the amount {Text} of {available} records is {(long)records} records.");
        return (long)records;
    }

    /// <summary>
    /// The 0-based records that are taken: whole repetitions in order, then a random rest, as it was drawn or, on
    /// request, in order.
    /// </summary>
    /// <exception cref="BadInputException">As <see cref="Of"/>.</exception>
    public IReadOnlyList<int> Draw(int available, string dataset, long seed, bool keepOrder)
    {
        var wanted = Of(available, dataset);
        var records = new List<int>();
        for (var whole = 0L; available > 0 && whole < wanted / available; whole++)
            records.AddRange(Enumerable.Range(0, available));
        var rest = available == 0 ? 0 : (int)(wanted % available);
        if (rest > 0)
        {
            var drawn = new SeededRandom(seed, $"mixture/{dataset}").Sample(available, rest);
            records.AddRange(keepOrder ? drawn.Order() : drawn);
        }
        return records;
    }

    /// <summary>A word of doubt about an amount such as 1, which is one record and not the whole, or null.</summary>
    public string? Doubt(long available, string dataset) =>
        !Text.Contains('.') && !Text.EndsWith('%') && Text != "all" &&
        Of(available, dataset) <= SmallCount && available > LargeDataset
            ? $"{dataset}: {Text} means {Text} of {available} records; the whole is 1.0, 100% or all."
            : null;
}
