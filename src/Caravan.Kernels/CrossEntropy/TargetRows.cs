using Caravan.Torch;

namespace Caravan.Kernels.CrossEntropy;

/// <summary>The tokens that carry loss, out of all: only their logits are computed.</summary>
/// <param name="Tokens">All tokens.</param>
/// <param name="Targets">int64 [rows]: the targets of those that carry loss.</param>
/// <param name="Ids">int64 [rows]: which tokens they are; null where all are.</param>
internal sealed record TargetRows(long Tokens, Tensor Targets, Tensor? Ids)
{
    internal long Count => Targets.Count;

    /// <exception cref="ArgumentException">A target is no row of the vocabulary.</exception>
    internal static TargetRows Find(Tensor targets, long vocabulary)
    {
        var all = targets.to(Device.Cpu).contiguous();
        var (values, ids) = (new List<long>(), new List<long>());
        var span = all.Data<long>();
        for (var i = 0; i < span.Length; i++)
        {
            if (span[i] == LinearCrossEntropy.IgnoreIndex)
                continue;
            if (span[i] < 0 || span[i] >= vocabulary)
            {
                throw new ArgumentException(
                    $"target {span[i]} of token {i} is not in the vocabulary of {vocabulary}", nameof(targets));
            }
            values.Add(span[i]);
            ids.Add(i);
        }
        return values.Count == span.Length
            ? new(span.Length, targets.contiguous(), null)
            : new(span.Length, Tensor.tensor<long>([.. values]).to(targets.Device),
                Tensor.tensor<long>([.. ids]).to(targets.Device));
    }

    /// <summary>The rows that carry loss: [tokens, …] to [rows, …].</summary>
    internal Tensor Gather(Tensor all) => Ids is null ? all.contiguous() : all.index_select(0, Ids);

    /// <summary>The inverse, with zeros for the others.</summary>
    internal Tensor Scatter(Tensor rows)
    {
        if (Ids is null)
            return rows;
        long[] shape = [Tokens, .. rows.Shape.Skip(1)];
        return Tensor.zeros(shape, rows.Dtype, rows.Device).index_copy_(0, Ids, rows);
    }
}
