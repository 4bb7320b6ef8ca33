using System.Runtime.Intrinsics;
using Caravan.Kernels.Attention;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Elementwise;

/// <summary>AdamW on moments of 8 bits: see <see cref="AdamWFormat"/>.</summary>
/// <typeparam name="TGradient">How the gradient is stored.</typeparam>
/// <typeparam name="TWeights">How the parameter is.</typeparam>
internal static unsafe class EightBitAdamWKernel<TGradient, TWeights>
    where TGradient : unmanaged, IElement<TGradient>
    where TWeights : struct, IWeights
{
    private const int Lanes = 16;
    private const int Block = AdamW.BlockOfScale;
    private const int BlocksOfItem = 32;

    /// <summary>Where both moments lie.</summary>
    internal readonly struct Moments(byte* first, byte* second, float* scales)
    {
        internal byte* First => first;
        internal byte* Second => second;
        /// <summary>[2, blocks], the first moment's and the second's.</summary>
        internal float* Scales => scales;
    }

    /// <param name="random">Its bits at the odd multiples of 16 are taken here.</param>
    internal static void Run(
        TWeights weights, TGradient* gradient, Moments moments, long count, AdamWConstants constants,
        RandomBits random)
    {
        var blocks = checked((int)((count + Block - 1) / Block));
        ThreadTeam.Run((blocks + BlocksOfItem - 1) / BlocksOfItem, count, item =>
        {
            var scratch = Scratch.Open(4 * Block);
            var work = new Work(scratch.Take(Block), scratch.Take(Block), scratch.Take(Block), scratch.Take(Block));
            var end = Math.Min(blocks, (item + 1) * BlocksOfItem);
            for (var block = item * BlocksOfItem; block < end; block++)
            {
                var start = (nint)block * Block;
                var there = (int)Math.Min(Block, count - start);
                Packing<TGradient>.Rows(gradient + start, 0, 1, 1, there, Block, work.Gradient);
                Load(weights, start, there, work.Weights);
                LoadMoments(moments, work, start, there, block, blocks);
                var scales = Update(work, constants);
                Store(weights, start, there, work.Weights);
                (moments.Scales[block], moments.Scales[blocks + block]) = scales;
                StoreMoments(moments, work, start, there, scales, random);
            }
        });
    }

    // One block in fp32, padded with zeros, which an update leaves as they are.
    private readonly struct Work(float* weights, float* gradient, float* first, float* second)
    {
        internal float* Weights => weights;
        internal float* Gradient => gradient;
        internal float* First => first;
        internal float* Second => second;
    }

    // Gives the greatest of each moment.
    private static (float First, float Second) Update(Work work, AdamWConstants constants)
    {
        var (greatestFirst, greatestSecond) = (Vector512<float>.Zero, Vector512<float>.Zero);
        for (var i = 0; i < Block; i += Lanes)
        {
            var (first, second, weights) = constants.Update(
                Vector512.Load(work.Gradient + i), Vector512.Load(work.First + i), Vector512.Load(work.Second + i),
                Vector512.Load(work.Weights + i));
            first.Store(work.First + i);
            second.Store(work.Second + i);
            weights.Store(work.Weights + i);
            greatestFirst = Vector512.MaxNative(greatestFirst, Vector512.Abs(first));
            greatestSecond = Vector512.MaxNative(greatestSecond, second);
        }
        return (VectorMath.Max(greatestFirst), VectorMath.Max(greatestSecond));
    }

    private static void Load(TWeights weights, nint start, int count, float* target)
    {
        var i = 0;
        for (; i <= count - Lanes; i += Lanes)
            weights.Load(start + i).Store(target + i);
        for (; i < count; i++)
            target[i] = weights.Read(start + i);
        new Span<float>(target + i, Block - i).Clear();
    }

    private static void Store(TWeights weights, nint start, int count, float* source)
    {
        var i = 0;
        for (; i <= count - Lanes; i += Lanes)
            weights.Store(start + i, Vector512.Load(source + i));
        for (; i < count; i++)
            weights.Write(start + i, source[i]);
    }

    private static void LoadMoments(Moments moments, Work work, nint start, int count, int block, int blocks)
    {
        var firstScale = Vector512.Create(moments.Scales[block]);
        var secondScale = Vector512.Create(moments.Scales[blocks + block]);
        var codes = stackalloc byte[2 * Block];
        new Span<byte>(codes, 2 * Block).Clear();
        new ReadOnlySpan<byte>(moments.First + start, count).CopyTo(new Span<byte>(codes, Block));
        new ReadOnlySpan<byte>(moments.Second + start, count).CopyTo(new Span<byte>(codes + Block, Block));
        for (var i = 0; i < Block; i += Lanes)
        {
            (EightBits.LoadSigned(codes + i) * firstScale).Store(work.First + i);
            (EightBits.LoadUnsigned(codes + Block + i) * secondScale).Store(work.Second + i);
        }
    }

    private static void StoreMoments(
        Moments moments, Work work, nint start, int count, (float First, float Second) scales, RandomBits random)
    {
        var (first, second) = (Vector512.Create(scales.First), Vector512.Create(scales.Second));
        var codes = stackalloc byte[2 * Block];
        for (var i = 0; i < Block; i += Lanes)
        {
            var bits = random.At(2 * (start + i) + Lanes);
            EightBits.StoreSigned(codes + i, Relative(work.First + i, first), bits);
            EightBits.StoreUnsigned(codes + Block + i, Relative(work.Second + i, second), (bits << 16) | (bits >> 16));
        }
        new ReadOnlySpan<byte>(codes, count).CopyTo(new Span<byte>(moments.First + start, count));
        new ReadOnlySpan<byte>(codes + Block, count).CopyTo(new Span<byte>(moments.Second + start, count));
    }

    // From 0 to 1; zero where the whole block is.
    private static Vector512<float> Relative(float* values, Vector512<float> scale) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(scale, Vector512<float>.Zero),
            Vector512.MinNative(Vector512.Load(values) / scale, Vector512<float>.One), Vector512<float>.Zero);
}
