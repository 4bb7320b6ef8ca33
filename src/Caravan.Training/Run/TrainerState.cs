using System.Text.Json;
using System.Text.Json.Serialization;
using Caravan.Files;

namespace Caravan.Training.Run;

/// <summary>Where a run stands, in <c>trainer_state.json</c> of a checkpoint. With the seed and the data, the number of
/// updates decides everything that comes.</summary>
/// <param name="Update">Updates made.</param>
/// <param name="Tokens">Tokens trained on.</param>
/// <param name="TargetTokens">Of those, tokens with loss.</param>
public sealed record TrainerState(
    [property: JsonPropertyName("update"), JsonRequired] int Update,
    [property: JsonPropertyName("tokens"), JsonRequired] long Tokens,
    [property: JsonPropertyName("target_tokens"), JsonRequired] long TargetTokens)
{
    private const string FileName = "trainer_state.json";
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public void Write(string folder) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Json));

    /// <exception cref="BadInputException">The file is missing or damaged.</exception>
    public static TrainerState Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize<TrainerState>(File.ReadAllText(path))!;
        }
        catch (JsonException error)
        {
            throw new BadInputException(
                $"{path}: the checkpoint's state is damaged ({error.Message}). Remove {folder} to go on from the one before.", error);
        }
    }
}
