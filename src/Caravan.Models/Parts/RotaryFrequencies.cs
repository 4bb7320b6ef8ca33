using Caravan.Checkpoints;

namespace Caravan.Models.Parts;

/// <summary>
/// How fast each pair of dimensions turns from one position to the next: θ^(−2i/r), or what a way of stretching the
/// context makes of it. Read from <c>rope_theta</c> and <c>rope_scaling</c>.
/// </summary>
internal sealed class RotaryFrequencies
{
    private readonly int _dims;
    private readonly double _theta;
    private readonly double? _dynamicFactor;

    private RotaryFrequencies(int dims, double theta, int trainedLength, double? dynamicFactor = null)
    {
        (_dims, _theta, TrainedLength, _dynamicFactor) = (dims, theta, trainedLength, dynamicFactor);
        Values = Powers(dims, theta);
    }

    /// <summary>Radians per position, by pair.</summary>
    internal double[] Values { get; private init; }

    /// <summary>Multiplies cosines and sines: YaRN's attention factor.</summary>
    internal double Magnitude { get; private init; } = 1;

    /// <summary>Whether documents of more than <see cref="TrainedLength"/> tokens have frequencies of their own.
    /// </summary>
    internal bool DependOnLength => _dynamicFactor is not null;

    internal int TrainedLength { get; }

    /// <summary>θ^(−2i/r) for i = 0 … r/2 − 1 (arXiv:2104.09864).</summary>
    internal static RotaryFrequencies Plain(int dims, double theta) => new(dims, theta, 0);

    /// <summary>Reads a LLaMA-like configuration.</summary>
    /// <param name="dims">Dimensions of a head that are rotated, r.</param>
    /// <exception cref="Caravan.Files.BadInputException">The kind of scaling is not known, or a number is missing.
    /// </exception>
    internal static RotaryFrequencies Read(ModelConfigFile config, int dims, int maxPositions)
    {
        if (dims % 2 != 0)
            throw config.Bad(
                config.Has("head_dim") ? "head_dim" : "hidden_size", "an even number of dimensions a head");
        if (config.Has("rope_parameters"))
            throw config.Bad("rope_parameters", "one set of parameters, with rope_type and rope_theta, for all layers");
        // GPT-NeoX's older spelling is rotary_emb_base.
        var theta = config.FindDouble("rope_theta") ?? config.GetDouble("rotary_emb_base", 10_000);
        if (theta <= 0)
            throw config.Bad(config.Has("rope_theta") ? "rope_theta" : "rotary_emb_base", "a number above 0");
        if (config.FindObject("rope_scaling") is not { } scaling)
            return new(dims, theta, maxPositions);
        var key = scaling.Has("rope_type") ? "rope_type" : "type";
        return scaling.GetString(key) switch
        {
            "default" => new(dims, theta, maxPositions),
            "linear" => Linear(scaling, dims, theta, maxPositions),
            "dynamic" => Dynamic(scaling, dims, theta, maxPositions),
            "llama3" => Llama3(scaling, dims, theta, maxPositions),
            "yarn" => Yarn(scaling, dims, theta, maxPositions),
            _ => throw scaling.Bad(key, "\"linear\", \"dynamic\", \"llama3\", \"yarn\" or \"default\""),
        };
    }

    /// <summary>The frequencies for a document of so many tokens.</summary>
    internal double[] ForLength(long length)
    {
        if (_dynamicFactor is not { } factor || length <= TrainedLength)
            return Values;
        var stretch = factor * length / TrainedLength - (factor - 1);
        return Powers(_dims, _theta * Math.Pow(stretch, _dims / (_dims - 2.0)));
    }

    // Positions divided by the factor (arXiv:2306.15595).
    private static RotaryFrequencies Linear(ConfigObject scaling, int dims, double theta, int trained)
    {
        var factor = Factor(scaling);
        return new(dims, theta, trained) { Values = [.. Powers(dims, theta).Select(value => value / factor)] };
    }

    // A greater base for texts longer than the model was trained on, "NTK-aware"; what it is depends on the length.
    private static RotaryFrequencies Dynamic(ConfigObject scaling, int dims, double theta, int trained) =>
        dims > 2 ? new(dims, theta, trained, Factor(scaling))
            : throw scaling.Bad("type", "a head of more than 2 dimensions");

    // Llama 3.1: slow pairs are divided by the factor, fast ones kept, those between blended.
    private static RotaryFrequencies Llama3(ConfigObject scaling, int dims, double theta, int trained)
    {
        var (factor, original) = (Factor(scaling), Above0(scaling, "original_max_position_embeddings"));
        var (low, high) = (Above0(scaling, "low_freq_factor"), Above0(scaling, "high_freq_factor"));
        if (high <= low)
            throw scaling.Bad("high_freq_factor", $"more than low_freq_factor, which is {low}");
        return new(dims, theta, trained)
        {
            Values = [.. Powers(dims, theta).Select(value =>
            {
                var turns = original * value / (2 * Math.PI);
                var kept = Math.Clamp((turns - low) / (high - low), 0, 1);
                return value * ((1 - kept) / factor + kept);
            })],
        };
    }

    // YaRN (arXiv:2309.00071): as Llama 3.1, with a ramp over the dimensions, and a factor of the angles' functions.
    private static RotaryFrequencies Yarn(ConfigObject scaling, int dims, double theta, int trained)
    {
        foreach (var key in new[] { "mscale", "mscale_all_dim", "truncate" })
        {
            if (scaling.Has(key))
                throw scaling.Bad(key, "a configuration without it: this variant of YaRN is not supported");
        }
        var factor = Factor(scaling);
        double original = scaling.FindInt("original_max_position_embeddings") is > 0 and var given ? given : trained;
        // The dimension that turns so many times over the original length.
        double Dimension(double turns) => dims * Math.Log(original / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
        var first = Math.Max(Math.Floor(Dimension(scaling.GetDouble("beta_fast", 32))), 0);
        var last = Math.Min(Math.Ceiling(Dimension(scaling.GetDouble("beta_slow", 1))), dims - 1);
        return new(dims, theta, trained)
        {
            Magnitude = scaling.FindDouble("attention_factor") ?? 0.1 * Math.Log(factor) + 1,
            Values = [.. Powers(dims, theta).Select((value, i) =>
            {
                var divided = Math.Clamp((i - first) / Math.Max(last - first, 0.001), 0, 1);
                return value * (divided / factor + 1 - divided);
            })],
        };
    }

    private static double Factor(ConfigObject scaling) =>
        scaling.GetDouble("factor") is >= 1 and var factor ? factor
            : throw scaling.Bad("factor", "a number of 1 or more");

    private static double Above0(ConfigObject scaling, string key) =>
        scaling.GetDouble(key) is > 0 and var value ? value : throw scaling.Bad(key, "a number above 0");

    private static double[] Powers(int dims, double theta) =>
        [.. Enumerable.Range(0, dims / 2).Select(i => Math.Pow(theta, -2.0 * i / dims))];
}
