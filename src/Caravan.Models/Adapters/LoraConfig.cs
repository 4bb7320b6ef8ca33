namespace Caravan.Models.Adapters;

/// <summary>How a LoRA adapter is made (Hu et al. 2021, arXiv:2106.09685). Names and meanings are PEFT's.</summary>
public sealed record LoraConfig
{
    /// <summary>Rank r of B·A.</summary>
    public int Rank { get; init; } = 64;

    /// <summary>The change is scaled by alpha / r.</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>Share of the adapter's inputs that are dropped in training.</summary>
    public double Dropout { get; init; }

    /// <summary>Whether the change is scaled by alpha / √r instead, so that high ranks learn as fast as low
    /// ones.</summary>
    public bool UseRslora { get; init; }

    /// <summary>Which linear layers are adapted.</summary>
    public LoraTargets Targets { get; init; } = LoraTargets.AllLinear;

    /// <summary>Modules that are trained and saved whole, by the ends of their names: <c>embed_tokens</c>,
    /// <c>lm_head</c>.</summary>
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];
}
