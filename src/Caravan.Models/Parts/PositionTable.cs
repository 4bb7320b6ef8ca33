using Caravan.Files;
using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Parts;

/// <summary>Learned vectors of the positions, as GPT-2 and OPT have them.</summary>
/// <param name="table">[positions + offset, hidden].</param>
/// <param name="positions">Positions that the table has.</param>
/// <param name="offset">The row of position 0.</param>
internal sealed class PositionTable(Tensor table, int positions, int offset = 0)
{
    /// <summary>The vector of each token's position, [tokens, hidden].</summary>
    /// <exception cref="BadInputException">A document is longer than the table.</exception>
    internal Tensor Forward(ModelInput input)
    {
        if (input.MaxPosition >= positions)
        {
            throw new BadInputException(
                $"a document has {input.MaxPosition + 1} tokens, and the model has learned vectors for {positions} " +
                "positions and no others: shorten the text, or lower max_seq_length");
        }
        return Embedding.Forward(
            table, input.PositionIds + Tensor.full([], offset, Dtype.Int64, input.PositionIds.Device));
    }
}
