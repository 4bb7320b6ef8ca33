using System.Runtime.Intrinsics;
using Caravan.Kernels.Attention;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Elementwise;

/// <summary>AdamW on state that is smaller than fp32: see <see cref="AdamWFormat"/>.</summary>
/// <typeparam name="TParameter">How the parameter is stored.</typeparam>
/// <typeparam name="TGradient">How its gradient is stored.</typeparam>
internal static unsafe class CompactAdamWKernel<TParameter, TGradient>
    where TParameter : unmanaged, IElement<TParameter>
    where TGradient : unmanaged, IElement<TGradient>
{
    private const int Lanes = 16;
    private const int Block = AdamW.BlockOfScale;
    private const int BlocksOfItem = 32;

    /// <summary>Where the tensors lie.</summary>
    internal sealed class Tensors
    {
        internal required TParameter* Parameter { get; init; }
        internal required TGradient* Gradient { get; init; }
        /// <summary>fp32; null where the parameter is rounded at random instead.</summary>
        internal required float* Master { get; init; }
        /// <summary>fp32, or codes where there are scales; like the second.</summary>
        internal required void* First { get; init; }
        internal required void* Second { get; init; }
        /// <summary>[2, blocks], the first moment's and the second's; null for fp32 moments.</summary>
        internal required float* Scales { get; init; }
    }

    internal static void Run(Tensors tensors, long count, AdamWConstants constants, uint seed)
    {
        var blocks = checked((int)((count + Block - 1) / Block));
        ThreadTeam.Run((blocks + BlocksOfItem - 1) / BlocksOfItem, count, item =>
        {
            var scratch = Scratch.Open(4 * Block);
            var work = new Work(scratch.Take(Block), scratch.Take(Block), scratch.Take(Block), scratch.Take(Block));
            var end = Math.Min(blocks, (item + 1) * BlocksOfItem);
            for (var block = item * BlocksOfItem; block < end; block++)
                Update(tensors, work, block, blocks, count, constants, new RandomBits(seed));
        });
    }

    // One block in fp32, padded with zeros, which an update leaves as they are.
    private readonly struct Work(float* parameter, float* gradient, float* first, float* second)
    {
        internal float* Parameter => parameter;
        internal float* Gradient => gradient;
        internal float* First => first;
        internal float* Second => second;
    }

    private static void Update(
        Tensors tensors, Work work, int block, int blocks, long total, AdamWConstants constants, RandomBits random)
    {
        var start = (nint)block * Block;
        var count = (int)Math.Min(Block, total - start);
        Packing<TGradient>.Rows(tensors.Gradient + start, 0, 1, 1, count, Block, work.Gradient);
        if (tensors.Master is null)
            Packing<TParameter>.Rows(tensors.Parameter + start, 0, 1, 1, count, Block, work.Parameter);
        else
            Read(tensors.Master + start, count, work.Parameter);
        LoadMoments(tensors, work, start, count, block, blocks);
        var (greatestFirst, greatestSecond) = (Vector512<float>.Zero, Vector512<float>.Zero);
        for (var i = 0; i < Block; i += Lanes)
        {
            var (first, second, master) = constants.Update(
                Vector512.Load(work.Gradient + i), Vector512.Load(work.First + i), Vector512.Load(work.Second + i),
                Vector512.Load(work.Parameter + i));
            first.Store(work.First + i);
            second.Store(work.Second + i);
            master.Store(work.Parameter + i);
            greatestFirst = Vector512.MaxNative(greatestFirst, Vector512.Abs(first));
            greatestSecond = Vector512.MaxNative(greatestSecond, second);
        }
        StoreParameter(tensors, work, start, count, random);
        if (tensors.Scales is null)
        {
            Write(work.First, count, (float*)tensors.First + start);
            Write(work.Second, count, (float*)tensors.Second + start);
            return;
        }
        var scales = (First: VectorMath.Max(greatestFirst), Second: VectorMath.Max(greatestSecond));
        (tensors.Scales[block], tensors.Scales[blocks + block]) = scales;
        StoreCodes(tensors, work, start, count, scales.First, scales.Second, random);
    }

    private static void LoadMoments(Tensors tensors, Work work, nint start, int count, int block, int blocks)
    {
        if (tensors.Scales is null)
        {
            Read((float*)tensors.First + start, count, work.First);
            Read((float*)tensors.Second + start, count, work.Second);
            return;
        }
        var firstScale = Vector512.Create(tensors.Scales[block]);
        var secondScale = Vector512.Create(tensors.Scales[blocks + block]);
        var codes = stackalloc byte[2 * Block];
        new Span<byte>(codes, 2 * Block).Clear();
        new ReadOnlySpan<byte>((byte*)tensors.First + start, count).CopyTo(new Span<byte>(codes, Block));
        new ReadOnlySpan<byte>((byte*)tensors.Second + start, count).CopyTo(new Span<byte>(codes + Block, Block));
        for (var i = 0; i < Block; i += Lanes)
        {
            (EightBits.LoadSigned(codes + i) * firstScale).Store(work.First + i);
            (EightBits.LoadUnsigned(codes + Block + i) * secondScale).Store(work.Second + i);
        }
    }

    private static void StoreCodes(
        Tensors tensors, Work work, nint start, int count, float firstScale, float secondScale, RandomBits random)
    {
        var first = Vector512.Create(firstScale);
        var second = Vector512.Create(secondScale);
        var codes = stackalloc byte[2 * Block];
        for (var i = 0; i < Block; i += Lanes)
        {
            // The parameter takes the random bits of even positions, the moments' those of odd ones.
            var bits = random.At(2 * (start + i) + Lanes);
            EightBits.StoreSigned(codes + i, Relative(work.First + i, first), bits);
            EightBits.StoreUnsigned(codes + Block + i, Relative(work.Second + i, second), (bits << 16) | (bits >> 16));
        }
        new ReadOnlySpan<byte>(codes, count).CopyTo(new Span<byte>((byte*)tensors.First + start, count));
        new ReadOnlySpan<byte>(codes + Block, count).CopyTo(new Span<byte>((byte*)tensors.Second + start, count));
    }

    // From 0 to 1; zero where the whole block is.
    private static Vector512<float> Relative(float* values, Vector512<float> scale) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(scale, Vector512<float>.Zero),
            Vector512.MinNative(Vector512.Load(values) / scale, Vector512<float>.One), Vector512<float>.Zero);

    private static void StoreParameter(Tensors tensors, Work work, nint start, int count, RandomBits random)
    {
        if (tensors.Master is not null)
        {
            Write(work.Parameter, count, tensors.Master + start);
        }
        else
        {
            // Random bits below those that are kept carry over as often as the rest deserves it.
            for (var i = 0; i < Block; i += Lanes)
            {
                var value = Vector512.Load(work.Parameter + i);
                var bits = value.AsUInt32() + (random.At(2 * (start + i)) & Vector512.Create(0xffffu));
                bits &= Vector512.Create(0xffff0000u);
                var finite = Vector512.LessThan(Vector512.Abs(value), Vector512.Create(float.PositiveInfinity));
                Vector512.ConditionalSelect(finite, bits.AsSingle(), value).Store(work.Parameter + i);
            }
        }
        Packing<TParameter>.Unpack(work.Parameter, Block, 1, count, null, tensors.Parameter + start, 0);
    }

    private static void Read(float* source, int count, float* target)
    {
        new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, count));
        new Span<float>(target + count, Block - count).Clear();
    }

    private static void Write(float* source, int count, float* target) =>
        new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, count));
}
