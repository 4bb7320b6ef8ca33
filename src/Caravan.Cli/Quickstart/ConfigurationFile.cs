using System.Text.Encodings.Web;
using System.Text.Json;
using Caravan.Files;
using Caravan.Training.Configuration;

namespace Caravan.Cli.Quickstart;

/// <summary>Writes a configuration record as the YAML file that <see cref="ConfigurationReader"/> reads.</summary>
internal static class ConfigurationFile
{
    /// <summary>Writes the keys that differ from their defaults.</summary>
    public static void Write<T>(string path, T configuration) where T : class
    {
        var lines = ConfigKey.Changed(configuration).Select(key => $"{key.Key}: {Quote(key.Value)}\n");
        AtomicFile.WriteText(path, string.Concat(lines));
    }

    // A JSON string is a YAML string.
    private static string Quote(string value) =>
        value.All(character => char.IsAsciiLetterOrDigit(character) || "-_./".Contains(character))
            ? value
            : $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
