namespace Caravan.Data.Conversion;

/// <summary>A setting of one dataset's converter, named as in open-instruct.</summary>
public sealed record DatasetOption(string Name, string Default, string Meaning);
