using Caravan.Torch;
using Caravan.Training.Run;

namespace Caravan.Training.Configuration;

/// <summary>What <see cref="Precision.Auto"/> means.</summary>
public static class AutomaticPrecision
{
    /// <summary>The configuration's own type; where it leaves that open, bf16 on a processor that multiplies it, else
    /// fp32.</summary>
    public static Precision Of(TrainingConfig config) => config.Dtype switch
    {
        Precision.Auto when Device.Parse(config.Device).IsCpu && CpuFeatures.MultipliesBFloat16 => Precision.Bf16,
        Precision.Auto => Precision.Fp32,
        var chosen => chosen,
    };

    /// <summary>As <see cref="Of"/>, but a run that goes on keeps its type, on whatever machine.</summary>
    internal static Precision OfRun(TrainingConfig config)
    {
        var recorded = config.Dtype == Precision.Auto && !config.OverwriteOutputDir
            ? RunDirectory.Recorded(config.OutputDir, ConfigKey.NameOf(nameof(config.Dtype)))
            : null;
        return Enum.TryParse<Precision>(recorded, ignoreCase: true, out var before) ? before : Of(config);
    }
}
