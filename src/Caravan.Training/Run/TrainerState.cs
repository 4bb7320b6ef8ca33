using System.Text.Json;
using System.Text.Json.Serialization;
using Caravan.Files;

namespace Caravan.Training.Run;

/// <summary>Where a run stands, in <c>trainer_state.json</c> of a checkpoint. With the seed and the data, the number of
/// updates decides everything that comes: the order of the data and all random numbers are functions of them.</summary>
public sealed record TrainerState
{
    private const string FileName = "trainer_state.json";
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>Updates gone through, skipped ones included.</summary>
    [JsonRequired]
    public int Update { get; init; }

    /// <summary>Updates that were not made because loss or gradient was of no use.</summary>
    public int SkippedUpdates { get; init; }

    /// <summary>Tokens trained on.</summary>
    [JsonRequired]
    public long Tokens { get; init; }

    /// <summary>Of those, tokens with loss.</summary>
    [JsonRequired]
    public long TargetTokens { get; init; }

    /// <summary>Forward passes that had dropout masks.</summary>
    public long DropoutPasses { get; init; }

    /// <summary>The fingerprint of the model that an adapter is trained on; null where all of the model is.</summary>
    public string? BaseModel { get; init; }

    /// <summary>Mean of the last updates' losses, against which a spike is measured.</summary>
    public double? RecentLoss { get; init; }

    public double? FirstHeldOutLoss { get; init; }

    public double? LastHeldOutLoss { get; init; }

    public double? BestHeldOutLoss { get; init; }

    /// <summary>Of the skipped updates, those just before this point, one after the other.</summary>
    public int SkippedInARow { get; init; }

    /// <summary>Evaluations since the best one.</summary>
    public int EvaluationsWithoutProgress { get; init; }

    public void Write(string folder) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Json));

    /// <exception cref="BadInputException">The file is missing or damaged.</exception>
    public static TrainerState Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize<TrainerState>(File.ReadAllText(path), Json)!;
        }
        catch (Exception error) when (error is JsonException or IOException)
        {
            throw new BadInputException(
                $"{path}: the checkpoint's state is damaged ({error.Message}). Remove {folder} to go on from the " +
                "one before.", error);
        }
    }
}
