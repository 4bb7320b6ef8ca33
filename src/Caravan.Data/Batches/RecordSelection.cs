using System.Collections;
using Caravan.Data.Mixtures;
using Caravan.Files;

namespace Caravan.Data;

/// <summary>Records chosen from tokenised files, in order; a record may be chosen several times.</summary>
public sealed class RecordSelection
{
    private readonly IReadOnlyList<TokenizedFile> _files;
    private readonly List<(int File, int Index)> _records;

    private RecordSelection(IReadOnlyList<TokenizedFile> files, List<(int File, int Index)> records) =>
        (_files, _records) = (files, records);

    public int Count => _records.Count;

    /// <summary>So much of each file, one file after the other. Of a part of a file the records are drawn by the seed
    /// and the file's name; more than a file has is whole repetitions and a drawn rest.</summary>
    /// <exception cref="BadInputException">An amount is not one, or gives no record.</exception>
    public static RecordSelection Of(IReadOnlyList<(TokenizedFile File, MixtureAmount Amount)> parts, long seed)
    {
        var records = new List<(int, int)>();
        for (var file = 0; file < parts.Count; file++)
        {
            var (source, amount) = parts[file];
            records.AddRange(amount.Draw(source.Count, Path.GetFileName(source.Name), seed, keepOrder: true)
                .Select(index => (file, index)));
        }
        return new RecordSelection([.. parts.Select(part => part.File)], records);
    }

    /// <summary>All records of a file, once.</summary>
    public static RecordSelection All(TokenizedFile file) => Of([(file, MixtureAmount.All)], seed: 0);

    /// <summary>The first <paramref name="count"/> of them, or all where there are fewer.</summary>
    public RecordSelection First(int count) => new(_files, _records[..Math.Min(count, _records.Count)]);

    /// <summary>Sets some aside to measure on; see <see cref="HeldOutSplit"/>.</summary>
    /// <exception cref="BadInputException">Nothing would be left to train on.</exception>
    public (RecordSelection Train, RecordSelection HeldOut) Split(double amount, long seed)
    {
        var held = HeldOutSplit.Choose(_records.Count, i => _files[_records[i].File].NameOf(_records[i].Index), amount,
            seed);
        return (Where(i => !held[i]), Where(i => held[i]));
    }

    /// <summary>Those with a token to learn, as a training set. They stay in their files.</summary>
    /// <exception cref="BadInputException">Nothing is left to train on.</exception>
    public TrainingSet ToTrainingSet()
    {
        var kept = new List<(int File, int Index)>(_records.Count);
        List<string> withoutLoss = [], truncated = [];
        var lostByTruncation = 0;
        foreach (var record in _records)
        {
            var file = _files[record.File];
            if (file.TargetTokens(record.Index) > 0)
            {
                kept.Add(record);
                if (file.IsTruncated(record.Index))
                    truncated.Add(file.NameOf(record.Index).Id);
                continue;
            }
            withoutLoss.Add(file.NameOf(record.Index).Id);
            lostByTruncation += file.IsTruncated(record.Index) ? 1 : 0;
        }
        var report = new TrainingSetReport
        {
            Read = _records.Count,
            Kept = kept.Count,
            WithoutLoss = withoutLoss,
            WithoutLossByTruncation = lostByTruncation,
            Truncated = truncated,
        };
        int[] lengths = [.. kept.Select(record => _files[record.File].Length(record.Index))];
        return new TrainingSet(
            new StoredExamples(_files, kept), lengths, report, _files.Max(file => file.LargestTokenId));
    }

    private RecordSelection Where(Func<int, bool> isWanted) =>
        new(_files, [.. _records.Where((_, i) => isWanted(i))]);

    // Examples that are read from their files when they are asked for.
    private sealed class StoredExamples(IReadOnlyList<TokenizedFile> files, List<(int File, int Index)> records)
        : IReadOnlyList<TrainingExample>
    {
        public int Count => records.Count;

        public TrainingExample this[int index] => files[records[index].File].Read(records[index].Index);

        public IEnumerator<TrainingExample> GetEnumerator()
        {
            foreach (var (file, index) in records)
                yield return files[file].Read(index);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
