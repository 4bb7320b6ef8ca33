using Caravan.Data.Conversion;
using Caravan.Data.Edits;
using Caravan.Data.Filters;

namespace Caravan.Data.Mixtures;

/// <summary>A recipe for one training file from several sources.</summary>
public sealed record Mixture
{
    public required string Name { get; init; }

    public required IReadOnlyList<MixturePart> Parts { get; init; }

    public long Seed { get; init; } = 42;

    /// <summary>Mix the records of all parts; else the parts stand one after the other.</summary>
    public bool Shuffle { get; init; }

    /// <summary>A part of a dataset stays in its order; else it is in the order in which it was drawn.</summary>
    public bool KeepOrder { get; init; }

    /// <summary>Whose selection of records the converters follow.</summary>
    public Compatibility Compatibility { get; init; }

    /// <summary>What leaves records out, in this order.</summary>
    public IReadOnlyList<RecordFilter> Filters { get; init; } = [];

    /// <summary>Parts that the filters pass over.</summary>
    public IReadOnlyList<string> Unfiltered { get; init; } = [];

    /// <summary>What is changed in the records that are kept, in this order.</summary>
    public IReadOnlyList<RecordEdit> Edits { get; init; } = [];
}
