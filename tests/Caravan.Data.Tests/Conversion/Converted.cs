using Caravan.Data.Conversion;
using Caravan.Data.Sources;

namespace Caravan.Data.Tests.Conversion;

/// <summary>Runs a converter on files that a test writes.</summary>
public sealed class Converted
{
    private Converted(ConversionRun run, List<InstructionRecord> records) => (Run, Records) = (run, records);

    public ConversionRun Run { get; }

    public Tally Tally => Run.Tally;

    public List<InstructionRecord> Records { get; }

    /// <summary>Ids, and contents with a letter for the role: <c>id|u:Hi|a:Hello</c>.</summary>
    public IEnumerable<string> Lines => Records.Select(record =>
        string.Join("|", record.Messages.Select(m => $"{m.Role[0]}:{m.Content}").Prepend(record.Id)));

    public static Converted By(InstructionDataset dataset, TemporaryFolder folder, ConversionSettings? settings = null)
    {
        var run = new ConversionRun(
            dataset.Card, new RawFolder(folder.Path), settings ?? new(), TestContext.Current.CancellationToken);
        return new Converted(run, [.. dataset.Convert(run)]);
    }

    public static ConversionSettings With(
        Compatibility compatibility = Compatibility.Fixed, long skip = 0, params (
            string Name, string Value)[] options) => new()
        {
            Compatibility = compatibility,
            SkipInvalid = skip,
            Options = options.ToDictionary(option => option.Name, option => option.Value),
        };
}
