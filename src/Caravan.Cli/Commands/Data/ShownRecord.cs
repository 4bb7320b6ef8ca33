using Caravan.Data;
using Caravan.Data.Preferences;

namespace Caravan.Cli.Commands.Data;

/// <summary>A record as a person reads it: headings with their texts.</summary>
internal sealed record ShownRecord(
    string Dataset, string Id, RecordOrigin Origin, IReadOnlyList<(string Heading, string Text)> Parts)
{
    /// <summary>The records of a file of conversations or of pairs of them.</summary>
    public static IEnumerable<ShownRecord> Read(string file) => PreferenceFile.HoldsPairs(file)
        ? PreferenceFile.ReadUnchecked(file).Select(Of) : InstructionFile.Read(file).Select(Of);

    /// <summary>True if the text is in the id or in some part, in any case.</summary>
    public bool Contains(string text) => Id.Contains(text, StringComparison.OrdinalIgnoreCase) ||
        Parts.Any(part => part.Text.Contains(text, StringComparison.OrdinalIgnoreCase));

    private static ShownRecord Of(InstructionRecord record) => new(
        record.Dataset, record.Id, record.Origin,
        [.. record.Messages.Select(message => (message.Role, message.Content))]);

    // What both sides begin with stands there once.
    private static ShownRecord Of(PreferenceRecord record)
    {
        var common = record.Chosen.Zip(record.Rejected).TakeWhile(pair => pair.First == pair.Second).Count();
        var parts = record.Chosen.Take(common).Select(message => (message.Role, message.Content))
            .Concat(record.Chosen.Skip(common).Select(message => ($"{message.Role}, chosen", message.Content)))
            .Concat(record.Rejected.Skip(common).Select(message => ($"{message.Role}, rejected", message.Content)));
        return new ShownRecord(record.Dataset, record.Id, record.Origin, [.. parts]);
    }
}
