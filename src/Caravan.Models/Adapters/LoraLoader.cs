using Caravan.Checkpoints;
using Caravan.Files;
using Caravan.Models.Files;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Adapters;

/// <summary>Finds the place of each tensor of an adapter's file in a model.</summary>
internal sealed class LoraLoader(LanguageModel model, LoraConfigFile config, LoraWeights weights)
{
    private const string NameOfA = ".lora_A.weight", NameOfB = ".lora_B.weight";

    /// <summary>The factors A and B of each layer, in fp32 on the model's device, in the model's order.</summary>
    /// <exception cref="BadInputException">A tensor has no place in the model, no partner, or another
    /// shape.</exception>
    internal IEnumerable<(Linear Linear, Tensor A, Tensor B)> ReadLayers()
    {
        var modules = weights.Names.Where(IsFactor).Select(Module).ToHashSet();
        if (modules.FirstOrDefault(module => !model.Linears.ContainsKey(module)) is { } unknown)
            throw NoPlace($"{unknown}{NameOfA}", "no linear layer of this name");
        foreach (var linear in model.Linears.Values.Where(linear => modules.Contains(linear.Name)))
        {
            var (a, b) = (Read(linear.Name + NameOfA), Read(linear.Name + NameOfB));
            if (a.Shape.Count != 2 || b.Shape.Count != 2 || a.Size(0) != b.Size(1) || a.Size(1) != linear.Inputs
                || b.Size(0) != linear.Outputs)
            {
                throw NoPlace(
                    linear.Name + NameOfA,
                    $"factors for a weight [{linear.Outputs}, {linear.Inputs}], but A is " +
                    $"[{string.Join(", ", a.Shape)}] and B is [{string.Join(", ", b.Shape)}]");
            }
            yield return (linear, a, b);
        }
    }

    /// <summary>The parameters that the adapter replaces as a whole, by their names in the checkpoint of the base.
    /// </summary>
    /// <exception cref="BadInputException">A tensor has no place in the model, or another shape.</exception>
    internal Dictionary<string, Tensor> ReadWhole()
    {
        var parameters = model.Parameters.ToDictionary();
        var result = new Dictionary<string, Tensor>();
        foreach (var name in weights.Names.Where(name => !IsFactor(name)))
        {
            var values = Read(name);
            if (!parameters.TryGetValue(name, out var parameter))
                throw NoPlace(name, "no parameter of this name");
            if (!parameter.Shape.SequenceEqual(values.Shape))
            {
                throw NoPlace(
                    name, $"shape [{string.Join(", ", parameter.Shape)}], but the adapter's is " +
                    $"[{string.Join(", ", values.Shape)}]");
            }
            result.Add(name, values);
        }
        return result;
    }

    private static bool IsFactor(string name) =>
        name.EndsWith(NameOfA, StringComparison.Ordinal) || name.EndsWith(NameOfB, StringComparison.Ordinal);

    private static string Module(string name) => name[..^NameOfA.Length];

    private Tensor Read(string name)
    {
        if (!weights.Names.Contains(name))
            throw new BadInputException($"{weights.Path}: tensor '{name}' is missing; its partner is there.");
        using var scope = new TensorScope();
        var view = TorchTensors.View(weights.Map(name), weights);
        // A copy in any case: the file is closed before the adapter is used.
        return scope.Keep(view.clone().to(Dtype.Float32).to(model.Device));
    }

    private BadInputException NoPlace(string name, string found) => new(
        $"{weights.Path}: tensor '{name}' has no place in this model, which has {found}. The adapter is for another " +
        $"model{(config.BaseModel is { } author ? $" ({author})" : "")}.");
}
