using Caravan.Data;

namespace Caravan.Samples;

/// <summary>What the tasks draw: numbers from a range, items of a list.</summary>
internal static class Drawing
{
    extension(SeededRandom random)
    {
        /// <summary>An integer from <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
        public int Between(int low, int high) => low + random.NextInt(high - low + 1);

        /// <summary>True once in <paramref name="n"/> draws.</summary>
        public bool OneIn(int n) => random.NextInt(n) == 0;

        /// <summary>One of the given items.</summary>
        public T Pick<T>(params ReadOnlySpan<T> items) => items[random.NextInt(items.Length)];

        /// <summary>Different items of a list, in random order.</summary>
        public T[] Several<T>(IReadOnlyList<T> items, int count) =>
            [.. random.Sample(items.Count, count).Select(i => items[i])];

        /// <summary>
        /// Different integers from <paramref name="low"/> to <paramref name="high"/>, in random order.
        /// </summary>
        public int[] Numbers(int low, int high, int count) =>
            [.. random.Sample(high - low + 1, count).Select(i => low + i)];
    }
}
