using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Caravan.Data.Json;

/// <summary>
/// Finds the end of a JSON object or array by its brackets and quotes alone, 64 bytes at a time, each of which is a bit
/// of a word (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019). Nothing is validated.
/// </summary>
internal static class JsonValueEnd
{
    private const int Block = 64;
    private const ulong EvenBits = 0x5555555555555555;

    /// <summary>The length of the object or array at the start of the text; -1 if it goes on after the text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Of(ReadOnlySpan<byte> text)
    {
        Span<byte> last = stackalloc byte[Block];
        ref var start = ref MemoryMarshal.GetReference(text);
        ulong insideString = 0, escapeGoesOn = 0;
        var depth = 0;
        for (var position = 0; position < text.Length; position += Block)
        {
            Vector512<byte> bytes;
            if (text.Length - position >= Block)
                bytes = Vector512.LoadUnsafe(ref start, (nuint)position);
            else
            {
                last.Clear();
                text[position..].CopyTo(last);
                bytes = Vector512.Create<byte>(last);
            }
            var escaped = Escaped(Bits(bytes, (byte)'\\'), ref escapeGoesOn);
            var strings = PrefixXor(Bits(bytes, (byte)'"') & ~escaped) ^ insideString;
            insideString = (ulong)((long)strings >> 63);
            // One bit tells [ from { and ] from }.
            var folded = bytes | Vector512.Create((byte)0x20);
            var open = Bits(folded, (byte)'{') & ~strings;
            var brackets = open | (Bits(folded, (byte)'}') & ~strings);
            while (brackets != 0)
            {
                var bit = brackets & (0 - brackets);
                depth += (open & bit) != 0 ? 1 : -1;
                if (depth <= 0)
                    return position + BitOperations.TrailingZeroCount(bit) + 1;
                brackets ^= bit;
            }
        }
        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(Vector512<byte> bytes, byte character) =>
        Vector512.Equals(bytes, Vector512.Create(character)).ExtractMostSignificantBits();

    // The characters behind a backslash that is not itself behind one: runs of backslashes that begin at an odd place
    // are told from those that begin at an even one by where an addition carries them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Escaped(ulong backslashes, ref ulong goesOn)
    {
        if (backslashes == 0)
        {
            var first = goesOn;
            goesOn = 0;
            return first;
        }
        backslashes &= ~goesOn;
        var behind = (backslashes << 1) | goesOn;
        var oddStarts = backslashes & ~EvenBits & ~behind;
        var carried = oddStarts + backslashes;
        goesOn = carried < backslashes ? 1UL : 0;
        return (EvenBits ^ (carried << 1)) & behind;
    }

    // Bit i of the result is the parity of bits 0 to i: set from an opening quote up to the closing one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong PrefixXor(ulong bits)
    {
        if (Pclmulqdq.IsSupported)
        {
            return Pclmulqdq.CarrylessMultiply(
                Vector128.CreateScalar(bits), Vector128<ulong>.AllBitsSet, 0).ToScalar();
        }
        for (var shift = 1; shift < Block; shift *= 2)
            bits ^= bits << shift;
        return bits;
    }
}
