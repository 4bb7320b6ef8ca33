namespace Caravan.Generation;

/// <summary>Chooses one token from a row of logits.</summary>
internal sealed class TokenSampler(GenerationSettings settings, int sequence)
{
    private readonly SplitMix64 _random = new(settings.Seed, sequence);

    /// <summary>The next token's id; <paramref name="logits"/> is overwritten.</summary>
    internal int Next(Span<float> logits)
    {
        if (settings.Temperature == 0)
            return ArgMax(logits);
        var order = Order(logits);
        var probabilities = new double[order.Length];
        var highest = (double)logits[order[0]];
        double total = 0;
        for (var i = 0; i < order.Length; i++)
            total += probabilities[i] = Math.Exp((logits[order[i]] - highest) / settings.Temperature);
        var count = CountForTopP(probabilities, total);
        double kept = 0;
        for (var i = 0; i < count; i++)
            kept += probabilities[i];
        var threshold = _random.NextDouble() * kept;
        for (var i = 0; i < count - 1; i++)
        {
            threshold -= probabilities[i];
            if (threshold < 0)
                return order[i];
        }
        return order[count - 1];
    }

    // Ties go to the smaller id, as in PyTorch's argmax on the CPU.
    private static int ArgMax(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
                best = i;
        }
        return best;
    }

    // Token ids by falling logit; only the first TopK where that is asked for.
    private int[] Order(ReadOnlySpan<float> logits)
    {
        var keys = new float[logits.Length];
        var ids = new int[logits.Length];
        for (var i = 0; i < ids.Length; i++)
            (keys[i], ids[i]) = (-logits[i], i);
        Array.Sort(keys, ids);
        return settings.TopK > 0 && settings.TopK < ids.Length ? ids[..settings.TopK] : ids;
    }

    private int CountForTopP(double[] probabilities, double total)
    {
        if (settings.TopP >= 1)
            return probabilities.Length;
        double sum = 0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            sum += probabilities[i];
            if (sum >= settings.TopP * total)
                return i + 1;
        }
        return probabilities.Length;
    }
}
