using Caravan.Kernels.Elementwise;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>Rows of a table by their numbers: the first operation of a language model.</summary>
public static unsafe class Embedding
{
    /// <summary>weight[ids]. The gradients of all tokens with one id are summed in fp32, in the order of the tokens,
    /// and each row of the weight's gradient is written once.</summary>
    /// <param name="weight">[vocabulary, hidden].</param>
    /// <param name="ids">int64 [tokens].</param>
    /// <returns>[tokens, hidden].</returns>
    /// <exception cref="ArgumentException">An id is no row of the weight.</exception>
    public static Tensor Forward(Tensor weight, Tensor ids)
    {
        if (!KernelSelection.UsesSimd(weight) || !ids.Device.IsCpu)
            return Tensor.embedding(weight, ids);
        using var scope = new TensorScope();
        Tensor rows, output;
        var (vocabulary, hidden) = ((int)weight.Size(0), (int)weight.Size(1));
        using (GradientMode.Disable())
        {
            rows = ids.contiguous();
            Check(rows.Data<long>(), vocabulary);
            output = weight.index_select(0, rows);
        }
        CustomGradient.Attach("Embedding", [output], [weight], [rows],
            (saved, gradients) => [Differentiate(saved[0], gradients[0]!.contiguous(), vocabulary, hidden)]);
        return scope.Keep(output);
    }

    private static Tensor Differentiate(Tensor ids, Tensor gradient, int vocabulary, int hidden)
    {
        var result = Tensor.empty([vocabulary, hidden], gradient.Dtype);
        if (gradient.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else
            Run<BFloat16Element>();
        return result;

        void Run<T>() where T : unmanaged, IElement<T> => EmbeddingKernel<T>.Backward(
            ids.Data<long>(), (T*)gradient.DataPointer, (T*)result.DataPointer, vocabulary, hidden);
    }

    private static void Check(ReadOnlySpan<long> ids, int vocabulary)
    {
        for (var i = 0; i < ids.Length; i++)
        {
            if (ids[i] < 0 || ids[i] >= vocabulary)
            {
                throw new ArgumentException(
                    $"id {ids[i]} of token {i} is not in the vocabulary of {vocabulary}", nameof(ids));
            }
        }
    }
}
