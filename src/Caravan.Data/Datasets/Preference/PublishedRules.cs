using Caravan.Data.Conversion;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// Of some preference sets there are two published conversions: that of Tülu 2.5's data, and open-instruct's later
/// one.
/// </summary>
internal static class PublishedRules
{
    public const string Option = "rules";
    public const string Tulu = "tulu_2.5";
    public const string OpenInstruct = "open_instruct";

    public static bool AreOpenInstructs(ConversionRun run) => run.Choice(Option, Tulu, OpenInstruct) == OpenInstruct;
}
