using System.Globalization;

namespace Caravan.Cli.Benchmarks;

/// <summary>One training step to be measured, in a process of its own, so that its peak of memory is its own.</summary>
internal sealed record TrainingCase(TrainingSize Size, bool IsBFloat16, int Threads, int Steps)
{
    /// <summary>Reads what <see cref="ToString"/> writes: <c>15M,bf16,threads,length,steps</c>.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static TrainingCase Parse(string text)
    {
        var parts = text.Split(',');
        if (parts.Length != 5)
            throw new FormatException($"'{text}' is not SIZE,PRECISION,THREADS,LENGTH,STEPS");
        var size = parts[0] == TrainingSize.Medium.Name ? TrainingSize.Medium : TrainingSize.Small;
        return new(size.WithLength(Number(parts[3])), parts[1] == "bf16", Number(parts[2]), Number(parts[4]));

        static int Number(string part) => int.Parse(part, CultureInfo.InvariantCulture);
    }

    public string Precision => IsBFloat16 ? "bf16" : "fp32";

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Size.Name},{Precision},{Threads},{Size.Length},{Steps}");
}
