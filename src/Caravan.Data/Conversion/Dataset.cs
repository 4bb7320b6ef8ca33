using Caravan.Files;

namespace Caravan.Data.Conversion;

/// <summary>A public dataset, of instructions or of preferences: its card and how it is converted.</summary>
public abstract class Dataset
{
    public abstract DatasetCard Card { get; }

    /// <summary>The name of the file that is written.</summary>
    internal virtual string OutputName(ConversionSettings settings) => $"{Card.Slug}_data.jsonl";

    /// <summary>Looks for the raw files and at the options; nothing is converted yet.</summary>
    /// <exception cref="BadInputException">A file is missing, or an option has a value that it cannot have.</exception>
    internal abstract void Check(ConversionRun run);

    /// <summary>Converts all of the raw files and writes the records as JSON Lines.</summary>
    internal abstract void Write(ConversionRun run, Stream output);
}
