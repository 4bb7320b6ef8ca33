using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.CrossEntropy;

/// <summary>The softmax part of the cross entropy over rows of logits [rows, vocabulary].</summary>
/// <typeparam name="T">How the logits are stored.</typeparam>
internal static unsafe class LogitRows<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;

    // Operations per logit: an exponential.
    private const int Cost = 4;

    /// <summary>log Σ exp of each row, and the target's logit less that.</summary>
    internal static void LogProbabilities(
        T* logits, long* targets, float* logSums, float* logProbabilities, int rows, int vocabulary)
    {
        ThreadTeam.Run(rows, (long)Cost * rows * vocabulary, row =>
        {
            var values = logits + (nint)row * vocabulary;
            logSums[row] = LogSum(values, vocabulary);
            logProbabilities[row] = T.Read(values + targets[row]) - logSums[row];
        });
    }

    /// <summary>Replaces each row by its factor times the gradient of its target's log-probability:
    /// onehot(target) − softmax.</summary>
    internal static void Differentiate(
        T* logits, long* targets, float* logSums, float* factors, int rows, int vocabulary)
    {
        ThreadTeam.Run(rows, (long)Cost * rows * vocabulary, row => DifferentiateRow(
            logits + (nint)row * vocabulary, vocabulary, targets[row], logSums[row], factors[row]));
    }

    /// <summary>Both, of the sum of the targets' negative log-probabilities, while a row is in the cache.</summary>
    internal static void Loss(
        T* logits, long* targets, float* logSums, float* logProbabilities, int rows, int vocabulary)
    {
        ThreadTeam.Run(rows, 2L * Cost * rows * vocabulary, row =>
        {
            var values = logits + (nint)row * vocabulary;
            var weights = Scratch.Open(vocabulary).Take(vocabulary);
            var greatest = Greatest(values, vocabulary);
            var sum = Exponentials(values, vocabulary, greatest, weights);
            logSums[row] = greatest + MathF.Log(sum);
            logProbabilities[row] = T.Read(values + targets[row]) - logSums[row];
            var scale = Vector512.Create(1 / sum);
            var i = 0;
            for (; i <= vocabulary - Lanes; i += Lanes)
                T.Store(values + i, Vector512.Load(weights + i) * scale);
            for (; i < vocabulary; i++)
                T.Write(values + i, weights[i] / sum);
            T.Write(values + targets[row], MathF.Exp(logProbabilities[row]) - 1);
        });
    }

    // exp(value − greatest) of a row, and their sum.
    private static float Exponentials(T* values, int count, float greatest, float* result)
    {
        var shift = Vector512.Create(greatest);
        var (evenSum, oddSum) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0;
        for (; i <= count - 2 * Lanes; i += 2 * Lanes)
        {
            var even = Exponential(T.Load(values + i), shift);
            var odd = Exponential(T.Load(values + i + Lanes), shift);
            even.Store(result + i);
            odd.Store(result + i + Lanes);
            evenSum += even;
            oddSum += odd;
        }
        var sum = VectorMath.Sum(evenSum + oddSum);
        for (; i < count; i++)
            sum += result[i] = Exponential(Vector512.Create(T.Read(values + i)), shift)[0];
        return sum;
    }

    private static void DifferentiateRow(T* values, int vocabulary, long target, float logSum, float factor)
    {
        var atTarget = factor * (1 - MathF.Exp(T.Read(values + target) - logSum));
        var (shift, scale) = (Vector512.Create(logSum), Vector512.Create(-factor));
        var i = 0;
        for (; i <= vocabulary - Lanes; i += Lanes)
            T.Store(values + i, Exponential(T.Load(values + i), shift) * scale);
        for (; i < vocabulary; i++)
            T.Write(values + i, Exponential(Vector512.Create(T.Read(values + i)), shift)[0] * -factor);
        T.Write(values + target, atTarget);
    }

    private static float Greatest(T* values, int count)
    {
        var (even, odd) = (Vector512.Create(float.NegativeInfinity), Vector512.Create(float.NegativeInfinity));
        var i = 0;
        for (; i <= count - 2 * Lanes; i += 2 * Lanes)
        {
            even = Vector512.MaxNative(even, T.Load(values + i));
            odd = Vector512.MaxNative(odd, T.Load(values + i + Lanes));
        }
        var greatest = VectorMath.Max(Vector512.MaxNative(even, odd));
        for (; i < count; i++)
            greatest = MathF.Max(greatest, T.Read(values + i));
        return greatest;
    }

    // exp(value − shift). Logits of 8 bits can do with a difference that is rounded after it was scaled to powers of 2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Exponential(Vector512<float> value, Vector512<float> shift) =>
        typeof(T) == typeof(BFloat16Element)
            ? VectorMath.Exp2((value - shift) * VectorMath.Log2E)
            : VectorMath.Exp(value - shift);

    private static float LogSum(T* values, int count)
    {
        var greatest = Greatest(values, count);
        var i = 0;
        var shift = Vector512.Create(greatest);
        var (evenSum, oddSum) = (Vector512<float>.Zero, Vector512<float>.Zero);
        for (; i <= count - 2 * Lanes; i += 2 * Lanes)
        {
            evenSum += Exponential(T.Load(values + i), shift);
            oddSum += Exponential(T.Load(values + i + Lanes), shift);
        }
        var sum = VectorMath.Sum(evenSum + oddSum);
        for (; i < count; i++)
            sum += Exponential(Vector512.Create(T.Read(values + i)), shift)[0];
        return greatest + MathF.Log(sum);
    }
}
