using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Files;

/// <summary>A checkpoint's parameters, those over the vocabulary with new rows behind their own.</summary>
/// <param name="rows">Rows that the checkpoint has.</param>
internal sealed class GrownParameters(IParameterSource stored, int rows, VocabularyGrowth growth) : IParameterSource
{
    private const double StandardDeviation = 0.02;

    // Embeddings and heads of all architectures; a part of each name, because prefixes differ.
    private static readonly string[] VocabularyNames = ["embed_tokens", "lm_head", "embed_in", "embed_out", "wte"];

    public Tensor Get(string name, long[] shape, Initialisation initialisation)
    {
        if (shape.Length != 2 || shape[0] != growth.Rows || !Array.Exists(VocabularyNames, name.Contains))
            return stored.Get(name, shape, initialisation);
        using var scope = new TensorScope();
        using var generator = new RandomGenerator(growth.Seed);
        var old = stored.Get(name, [rows, shape[1]], initialisation);
        var added = Tensor.empty([growth.Rows - rows, shape[1]]).normal_(0, StandardDeviation, generator);
        var grown = Tensor.empty([growth.Rows, shape[1]], old.Dtype, old.Device);
        grown.narrow(0, 0, rows).copy_(old);
        grown.narrow(0, rows, growth.Rows - rows).copy_(added);
        old.Dispose();
        return scope.Keep(grown).Owned();
    }

    public QuantizedWeight? FindQuantized(string name, long[] shape) => stored.FindQuantized(name, shape);
}
