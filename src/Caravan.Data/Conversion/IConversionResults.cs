namespace Caravan.Data.Conversion;

/// <summary>What the records of a piece of a file became.</summary>
internal interface IConversionResults
{
    int Count { get; }

    /// <summary>Takes back what was added after the first <paramref name="count"/>.</summary>
    void Truncate(int count);
}
