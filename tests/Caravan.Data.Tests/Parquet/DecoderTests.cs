using System.Text;
using Caravan.Data.Parquet;

namespace Caravan.Data.Tests.Parquet;

public sealed class DecoderTests
{
    [Fact]
    public void Snappy_LiteralsAndOverlappingCopies_Decompress()
    {
        // Length 12; literal "ab"; copy of 6 from 2 back, which repeats; literal "xyzw".
        byte[] data = [12, (2 - 1) << 2, .. "ab"u8, ((6 - 4) << 2) | 1, 2, (4 - 1) << 2, .. "xyzw"u8];
        var output = new byte[12];
        Snappy.Decompress(data, output);
        Assert.Equal("ababababxyzw", Encoding.ASCII.GetString(output));
    }

    [Theory]
    [InlineData(new byte[] { 4, 12, 1, 2 })]
    [InlineData(new byte[] { 4, 1, 9 })]
    [InlineData(new byte[] { 3, 0, 65 })]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255 })]
    public void Snappy_Damaged_IsRefused(byte[] data) =>
        Assert.Throws<InvalidDataException>(() => Snappy.Decompress(data, new byte[4]));

    [Fact]
    public void Snappy_MutatedData_WritesNothingOutsideOfItsOutput()
    {
        const int Around = 128;
        var random = new Random(7);
        var text = Encoding.ASCII.GetBytes(string.Concat(
            Enumerable.Range(0, 120).Select(i => $"{i % 7} bottles, {new string('x', i % 40)}; ")));
        var good = Snappy.Compress(text);
        var damaged = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var data = (byte[])good.Clone();
            for (var i = random.Next(1, 4); i > 0; i--)
                data[random.Next(2, data.Length)] = (byte)random.Next(256);
            var room = new byte[Around + text.Length + Around];
            room.AsSpan().Fill(0xA5);
            try
            {
                Snappy.Decompress(data.AsSpan(0, random.Next(8) == 0 ? random.Next(2, data.Length) : data.Length),
                    room.AsSpan(Around, text.Length));
            }
            catch (InvalidDataException)
            {
                damaged++;
            }
            Assert.Equal(-1, room.AsSpan(0, Around).IndexOfAnyExcept((byte)0xA5));
            Assert.Equal(-1, room.AsSpan(Around + text.Length).IndexOfAnyExcept((byte)0xA5));
        }
        Assert.InRange(damaged, 5_000, 19_000);
    }

    [Fact]
    public void Hybrid_RunsAndPackedGroups_Decode()
    {
        // A run of five 3s in two bits, then one packed group: 0 1 2 3 0 1 2 3.
        byte[] data = [5 << 1, 3, (1 << 1) | 1, 0b11100100, 0b11100100];
        var values = new int[13];
        Assert.Equal(5, HybridDecoder.Decode(data, 2, values));
        Assert.Equal([3, 3, 3, 3, 3, 0, 1, 2, 3, 0, 1, 2, 3], values);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(61)]
    [InlineData(64)]
    public void BitPacking_AnyWidth_GivesWhatWasPacked(int width)
    {
        var random = new Random(width);
        var mask = width == 64 ? ulong.MaxValue : (1UL << width) - 1;
        ulong[] values = [.. Enumerable.Range(
            0, 50).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue) & mask)];
        var packed = new byte[(50 * width + 7) / 8];
        for (var bit = 0; bit < 50 * width; bit++)
            packed[bit / 8] |= (byte)((values[bit / width] >> (bit % width) & 1) << (bit % 8));
        for (var i = 0; i < values.Length; i++)
            Assert.Equal(values[i], BitPacking.At(packed, width, i));
        if (width > 32)
            return;
        var output = new int[50];
        BitPacking.Unpack(packed, width, output);
        Assert.Equal(values.Select(value => (int)(uint)value), output);
    }

    [Fact]
    public void Delta_FormatsOwnExample_Decodes()
    {
        // The format's example: 1 to 5 are all one apart, so the packed differences have no bits.
        byte[] data = [128, 1, 4, 5, 2, 2, 0, 0, 0, 0];
        Assert.Equal([1, 2, 3, 4, 5], DeltaDecoder.Decode(data, 5, out var used));
        Assert.Equal(data.Length, used);
    }
}
