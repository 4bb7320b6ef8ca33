namespace Caravan.Cli.CommandLine;

/// <summary>The numbers that an option takes.</summary>
internal readonly record struct NumberRange(double Minimum, double Maximum, bool ExcludesMinimum = false)
{
    public static NumberRange AtLeast(double minimum) => new(minimum, double.PositiveInfinity);

    public static NumberRange Any => new(double.NegativeInfinity, double.PositiveInfinity);

    public bool Contains(double value) =>
        (ExcludesMinimum ? value > Minimum : value >= Minimum) && value <= Maximum && double.IsFinite(value);

    /// <summary>The end of the sentence "a number…", with a space before it if there is one.</summary>
    public override string ToString() => (ExcludesMinimum, Minimum, Maximum) switch
    {
        (_, double.NegativeInfinity, double.PositiveInfinity) => "",
        (false, _, double.PositiveInfinity) => $" of at least {Minimum}",
        (true, _, double.PositiveInfinity) => $" above {Minimum}",
        (false, _, _) => $" from {Minimum} to {Maximum}",
        (true, _, _) => $" above {Minimum} and at most {Maximum}",
    };
}
