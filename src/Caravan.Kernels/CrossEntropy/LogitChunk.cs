using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels.CrossEntropy;

/// <summary>What happens to a chunk of logits [rows, vocabulary] between the matrix products.</summary>
internal static unsafe class LogitChunk
{
    /// <summary>Fills in log Σ exp of every row and the log-probability of its target, both fp32 [rows].</summary>
    /// <param name="targets">int64 [rows].</param>
    internal static void LogProbabilities(Tensor logits, Tensor targets, Tensor logSums, Tensor logProbabilities)
    {
        if (!KernelSelection.UsesSimd(logits))
        {
            var exact = logits.to(Dtype.Float32);
            logSums.copy_(exact.logsumexp(1));
            logProbabilities.copy_(exact.gather(1, targets.unsqueeze(1)).squeeze(1).sub_(logSums));
        }
        else if (logits.Dtype == Dtype.Float32)
        {
            Run<Float32Element>();
        }
        else
        {
            Run<BFloat16Element>();
        }

        void Run<T>() where T : unmanaged, IElement<T> => LogitRows<T>.LogProbabilities(
            (T*)logits.DataPointer, (long*)targets.DataPointer, (float*)logSums.DataPointer,
            (float*)logProbabilities.DataPointer, (int)logits.Size(0), (int)logits.Size(1));
    }

    /// <summary>As <see cref="LogProbabilities"/>, and replaces the logits by the gradient of their negative sum.
    /// </summary>
    internal static void Loss(Tensor logits, Tensor targets, Tensor logSums, Tensor logProbabilities)
    {
        if (!KernelSelection.UsesSimd(logits))
        {
            LogProbabilities(logits, targets, logSums, logProbabilities);
            Differentiate(logits, targets, logSums, Tensor.full([logits.Size(0)], -1, device: logits.Device));
        }
        else if (logits.Dtype == Dtype.Float32)
        {
            Run<Float32Element>();
        }
        else
        {
            Run<BFloat16Element>();
        }

        void Run<T>() where T : unmanaged, IElement<T> => LogitRows<T>.Loss(
            (T*)logits.DataPointer, (long*)targets.DataPointer, (float*)logSums.DataPointer,
            (float*)logProbabilities.DataPointer, (int)logits.Size(0), (int)logits.Size(1));
    }

    /// <summary>Replaces the logits by the gradient of Σ factor · log-probability of the target.</summary>
    /// <param name="logSums">As <see cref="LogProbabilities"/> filled them in.</param>
    /// <param name="factors">fp32 [rows].</param>
    internal static void Differentiate(Tensor logits, Tensor targets, Tensor logSums, Tensor factors)
    {
        if (!KernelSelection.UsesSimd(logits))
        {
            var gradient = logits.to(Dtype.Float32).sub(logSums.unsqueeze(1)).exp_().neg_();
            var one = Tensor.ones([logits.Size(0), 1], device: logits.Device);
            logits.copy_(gradient.scatter_add_(1, targets.unsqueeze(1), one).mul_(factors.unsqueeze(1)));
        }
        else if (logits.Dtype == Dtype.Float32)
        {
            Run<Float32Element>();
        }
        else
        {
            Run<BFloat16Element>();
        }

        void Run<T>() where T : unmanaged, IElement<T> => LogitRows<T>.Differentiate(
            (T*)logits.DataPointer, (long*)targets.DataPointer, (float*)logSums.DataPointer,
            (float*)factors.DataPointer, (int)logits.Size(0), (int)logits.Size(1));
    }
}
