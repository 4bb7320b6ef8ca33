using Caravan.Data.Lineage;

namespace Caravan.Data.Conversion;

/// <summary>What a dataset is, where it comes from and under which terms: one line of the catalogue.</summary>
public sealed record DatasetCard
{
    /// <summary>Its short name, which is also the <c>dataset</c> of its records and the prefix of their ids.</summary>
    public required string Slug { get; init; }

    /// <summary>What it is, in a few words.</summary>
    public required string Title { get; init; }

    /// <summary>Its page.</summary>
    public required string Homepage { get; init; }

    public required Licence Licence { get; init; }

    /// <summary>The published number of records, as text because some are approximate.</summary>
    public required string Size { get; init; }

    /// <summary>The raw files to download.</summary>
    public IReadOnlyList<RemoteFile> Files { get; init; } = [];

    /// <summary>The converter's own settings.</summary>
    public IReadOnlyList<DatasetOption> Options { get; init; } = [];

    /// <summary>What is read, kept and skipped: a record, a message, a path.</summary>
    public string Unit { get; init; } = "record";

    /// <summary>Goes up whenever the converter's outcome changes, and into every manifest.</summary>
    public int Version { get; init; } = 1;
}
