using Caravan.Files;

namespace Caravan.Data.Conversion;

/// <summary>
/// The books of a conversion. Every unit that is read (what a unit is, the dataset says: a record, a message, a path)
/// is either kept or skipped for a named reason; <see cref="Verify"/> makes sure that none got lost.
/// </summary>
public sealed class Tally
{
    private const int ExamplesKept = 5;

    /// <summary>Units read.</summary>
    public long Read { get; set; }

    /// <summary>Units kept, in whatever record they ended up.</summary>
    public long Kept { get; set; }

    /// <summary>Records written.</summary>
    public long Written { get; set; }

    /// <summary>Units skipped, by reason.</summary>
    public SortedDictionary<string, long> Skipped { get; } = new(StringComparer.Ordinal);

    /// <summary>Records that were made and then left out on request, by reason.</summary>
    public SortedDictionary<string, long> Dropped { get; } = new(StringComparer.Ordinal);

    /// <summary>Places where text was changed in a way that its author did not write, by reason.</summary>
    public SortedDictionary<string, long> Normalised { get; } = new(StringComparer.Ordinal);

    /// <summary>Oddities that were kept, by code.</summary>
    public SortedDictionary<string, long> Warnings { get; } = new(StringComparer.Ordinal);

    /// <summary>The first places of every reason and code that has a place.</summary>
    public SortedDictionary<string, List<string>> Examples { get; } = new(StringComparer.Ordinal);

    /// <summary>Records that were skipped because they are unusable, among <see cref="Skipped"/>.</summary>
    public long Invalid { get; private set; }

    public void Skip(string reason, RecordOrigin origin, long units = 1) => Count(Skipped, reason, origin, units);

    public void Drop(string reason, RecordOrigin origin, long records = 1) => Count(Dropped, reason, origin, records);

    /// <summary>Skips a unit that has a fault, if the limit allows one more.</summary>
    public void SkipInvalid(RecordException fault)
    {
        Invalid++;
        Skip(fault.Code, fault.Origin);
        Place(fault.Code, fault.Message, replaceLast: true);
    }

    public void Normalise(string reason, RecordOrigin origin, long count = 1) =>
        Count(Normalised, reason, origin, count);

    public void Warn(string code, RecordOrigin origin, long count = 1) => Count(Warnings, code, origin, count);

    /// <summary>Adds another's counts, whose records come after this one's.</summary>
    public void Add(Tally other)
    {
        (Read, Kept, Written, Invalid) =
            (Read + other.Read, Kept + other.Kept, Written + other.Written, Invalid + other.Invalid);
        foreach (var (target, source) in new[]
                 {
                     (Skipped, other.Skipped), (Dropped, other.Dropped),
                     (Normalised, other.Normalised), (Warnings, other.Warnings),
                 })
        {
            foreach (var (reason, count) in source)
                target[reason] = target.GetValueOrDefault(reason) + count;
        }
        foreach (var (reason, places) in other.Examples)
        {
            foreach (var place in places)
                Place(reason, place);
        }
    }

    /// <summary>Throws if a unit was neither kept nor skipped, which is an error of the converter.</summary>
    public void Verify()
    {
        if (Read != Kept + Skipped.Values.Sum())
        {
            throw new InvalidOperationException(
                $"{Read} units were read, {Kept} kept and {Skipped.Values.Sum()} skipped: the books do not balance.");
        }
    }

    /// <summary>Stops when more unusable records were met than allowed.</summary>
    internal void Limit(long allowed, string path)
    {
        if (Invalid > allowed)
        {
            throw new BadInputException(
                $"{path}: more than the allowed {allowed} unusable records. The first: " +
                Examples.First(pair => RecordFault.IsCode(pair.Key)).Value[0]);
        }
    }

    private void Count(SortedDictionary<string, long> counts, string reason, RecordOrigin origin, long count)
    {
        if (count == 0)
            return;
        counts[reason] = counts.GetValueOrDefault(reason) + count;
        if (origin.Path is not null)
            Place(reason, origin.ToString());
    }

    private void Place(string reason, string place, bool replaceLast = false)
    {
        if (!Examples.TryGetValue(reason, out var places))
            Examples[reason] = places = [];
        if (replaceLast && places.Count > 0 && place.StartsWith(places[^1], StringComparison.Ordinal))
            places[^1] = place;
        else if (places.Count < ExamplesKept)
            places.Add(place);
    }
}
