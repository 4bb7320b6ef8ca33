using System.Runtime.InteropServices;

namespace Caravan.Checkpoints;

/// <summary>The checksum of zip archives (polynomial 0xEDB88320), eight bytes at a time.</summary>
internal sealed class Crc32
{
    private static readonly uint[] Tables = MakeTables();

    private uint _state = uint.MaxValue;

    public uint Value => ~_state;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var crc = _state;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            var mixed = word ^ crc;
            crc = 0;
            for (var i = 0; i < 8; i++)
                crc ^= Tables[(7 - i) * 256 + (int)((mixed >> (8 * i)) & 255)];
        }
        foreach (var value in bytes[(bytes.Length & ~7)..])
            crc = (crc >> 8) ^ Tables[(byte)(crc ^ value)];
        _state = crc;
    }

    // Table k gives the effect of a byte that is followed by k more bytes.
    private static uint[] MakeTables()
    {
        var tables = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
            tables[i] = crc;
        }
        for (var i = 256; i < tables.Length; i++)
            tables[i] = (tables[i - 256] >> 8) ^ tables[tables[i - 256] & 255];
        return tables;
    }
}
