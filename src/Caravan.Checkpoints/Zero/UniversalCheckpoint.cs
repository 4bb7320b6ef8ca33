using System.Text.RegularExpressions;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// A universal checkpoint of DeepSpeed, made to be resumed with any number of ranks: <c>zero/NAME/fp32.pt</c> holds
/// each parameter whole.
/// </summary>
internal static partial class UniversalCheckpoint
{
    private const string PointerName = "latest_universal";

    /// <summary>The universal checkpoint that is meant, or null if it is one of a ZeRO run.</summary>
    public static string? Find(string directory, string? tag)
    {
        var pointer = Path.Combine(directory, PointerName);
        if (tag is null && !File.Exists(Path.Combine(directory, "latest")) && File.Exists(pointer))
            tag = File.ReadAllText(pointer).Trim();
        if (string.IsNullOrEmpty(tag) || tag.AsSpan().ContainsAny('/', '\\') || tag is "." or "..")
            return null;
        var folder = Path.Combine(directory, tag);
        return Directory.Exists(Path.Combine(folder, "zero")) ? folder : null;
    }

    /// <param name="folder">The checkpoint's own folder, with <c>zero</c> in it.</param>
    /// <param name="strip">Gives a parameter's name in the model.</param>
    /// <exception cref="BadInputException">A parameter's file is missing or damaged.</exception>
    public static WeightSource Open(string folder, Func<string, string> strip)
    {
        var owners = new List<IDisposable>();
        try
        {
            var tensors = new List<WeightTensor>();
            var files = new List<string>();
            var parameters = Directory.GetDirectories(Path.Combine(folder, "zero"))
                .OrderBy(
                    path => Digits().Replace(Path.GetFileName(path), digits => digits.Value.PadLeft(9, '0')),
                    StringComparer.Ordinal);
            foreach (var parameter in parameters)
            {
                files.Add(Path.Combine(parameter, "fp32.pt"));
                var archive = TorchArchive.Open(files[^1], opaque: true);
                owners.Add(archive);
                var stored =
                    archive.Root as PickleTensor ?? (archive.Root as PickleDictionary)?["param"] as PickleTensor
                    ?? throw new BadInputException(
                        $"{files[^1]}: it holds no tensor. The universal checkpoint is damaged.");
                var name = strip(Path.GetFileName(parameter));
                tensors.Add(CastTensor.To(WeightType.F32, archive.Tensor(name, stored)));
            }
            return tensors.Count > 0
                ? new WeightSource(tensors, new Dictionary<string, string>(), files, owners)
                : throw new BadInputException($"{folder}: the folder 'zero' holds no parameters.");
        }
        catch
        {
            foreach (var owner in owners)
                owner.Dispose();
            throw;
        }
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
