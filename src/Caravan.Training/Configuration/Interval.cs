using System.Globalization;

namespace Caravan.Training.Configuration;

/// <summary>How often something happens: every so many updates, or at the end of every epoch.</summary>
/// <param name="Steps">Updates between two times; null: an epoch.</param>
public readonly record struct Interval(int? Steps)
{
    internal const string Expected = "a whole number of at least 1, or epoch";

    /// <summary>Whether it is time after an update.</summary>
    /// <param name="update">Updates made.</param>
    public bool IsDue(int update, bool endsEpoch) => Steps is { } steps ? update % steps == 0 : endsEpoch;

    public override string ToString() => Steps?.ToString(CultureInfo.InvariantCulture) ?? "epoch";

    internal static Interval? TryParse(string text)
    {
        if (text == "epoch")
            return new Interval(null);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var steps) && steps > 0
            ? new Interval(steps)
            : null;
    }
}
