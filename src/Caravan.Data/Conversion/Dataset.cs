namespace Caravan.Data.Conversion;

/// <summary>A public dataset, of instructions or of preferences: its card, and how its raw files are converted.</summary>
public abstract class Dataset
{
    public abstract DatasetCard Card { get; }

    /// <summary>Converts all of the raw files and writes the records as JSON Lines.</summary>
    internal abstract void Write(ConversionRun run, Stream output);
}
