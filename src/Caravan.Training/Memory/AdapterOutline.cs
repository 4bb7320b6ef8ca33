using Caravan.Models;
using Caravan.Models.Adapters;
using Caravan.Models.Parts;

namespace Caravan.Training.Memory;

/// <summary>The extents of an adapter that a run would put onto a model.</summary>
internal sealed class AdapterOutline
{
    private readonly HashSet<string> _targets;

    /// <exception cref="Caravan.Files.BadInputException">Nothing in the model is named as the configuration asks for.
    /// </exception>
    internal AdapterOutline(LanguageModel model, TrainingConfig config)
    {
        (Rank, HasDropout) = (config.LoraRank, config is { LoraDropout: > 0, DisableDropout: false });
        _targets = [.. LoraTargets.Parse(config.LoraTargets).Select(model.Linears.Keys)];
        FactorCount = model.Linears.Values.Where(Includes).Sum(linear => Rank * (linear.Inputs + linear.Outputs));
        WholeCount = model.Parameters.Where(pair => IsWhole(config, pair.Key)).Sum(pair => pair.Value.Count);
    }

    internal int Rank { get; }

    internal bool HasDropout { get; }

    /// <summary>Numbers in A and B of all layers.</summary>
    internal long FactorCount { get; }

    /// <summary>Numbers in parameters that are trained whole.</summary>
    internal long WholeCount { get; }

    internal bool Includes(Linear linear) => _targets.Contains(linear.Name);

    private static bool IsWhole(TrainingConfig config, string parameter) => config.ModulesToSave.Any(
        module => LoraTargets.EndsWith(parameter[..parameter.LastIndexOf('.')], module));
}
