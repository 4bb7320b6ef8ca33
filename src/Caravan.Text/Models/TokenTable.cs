using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Caravan.Text.Models;

/// <summary>
/// A growing table of tokens in UTF-8 with their ids. Its methods are compiled optimised at once: while a tokenizer is
/// loaded they run a million times, before the runtime would come round to it.
/// </summary>
internal sealed class TokenTable
{
    // Nobody who writes a tokenizer file can know which tokens will collide.
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64();

    private byte[] _text = new byte[1 << 18];
    private int _textLength;
    private Entry[] _entries = new Entry[1 << 14];

    // The number of an entry, counted from 1: fresh memory is a table of empty slots.
    private int[] _slots = new int[1 << 15];
    private int _size;

    /// <summary>How many tokens there are.</summary>
    public int Count { get; private set; }

    /// <summary>The vocabulary of all tokens so far; the table must not change behind it.</summary>
    public Vocabulary ToVocabulary() => new(this, _size);

    public int IdAt(int entry) => _entries[entry].Id;

    public ReadOnlySpan<byte> TextAt(int entry) => _text.AsSpan(_entries[entry].Start, _entries[entry].Length);

    /// <summary>Sets the id of a token.</summary>
    /// <returns>False if the token was there already and now has this id.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Set(ReadOnlySpan<byte> token, int id)
    {
        _size = Math.Max(_size, id + 1);
        var hash = Hash(token);
        var slot = Locate(token, hash);
        if (_slots[slot] != 0)
        {
            _entries[_slots[slot] - 1].Id = id;
            return false;
        }
        if (_text.Length - _textLength < token.Length)
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _textLength + token.Length));
        token.CopyTo(_text.AsSpan(_textLength));
        if (Count == _entries.Length)
            Array.Resize(ref _entries, Count * 2);
        _entries[Count] = new Entry { Start = _textLength, Length = token.Length, Id = id, Hash = hash };
        _slots[slot] = ++Count;
        _textLength += token.Length;
        if (Count * 2 > _slots.Length)
            Grow();
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryFind(ReadOnlySpan<byte> token, out int id)
    {
        var number = _slots[Locate(token, Hash(token))];
        id = number == 0 ? -1 : _entries[number - 1].Id;
        return number != 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Locate(ReadOnlySpan<byte> token, uint hash)
    {
        var slots = _slots;
        var slot = (int)hash & (slots.Length - 1);
        while (slots[slot] is var number and not 0)
        {
            ref readonly var found = ref _entries[number - 1];
            if (found.Hash == hash && _text.AsSpan(found.Start, found.Length).SequenceEqual(token))
                break;
            slot = (slot + 1) & (slots.Length - 1);
        }
        return slot;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Grow()
    {
        var slots = new int[_slots.Length * 2];
        for (var entry = 0; entry < Count; entry++)
        {
            var slot = (int)_entries[entry].Hash & (slots.Length - 1);
            while (slots[slot] != 0)
                slot = (slot + 1) & (slots.Length - 1);
            slots[slot] = entry + 1;
        }
        _slots = slots;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Hash(ReadOnlySpan<byte> token)
    {
        const ulong Factor = 0x9E3779B97F4A7C15;
        var hash = Seed ^ (ulong)token.Length;
        while (token.Length >= sizeof(ulong))
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(token)) * Factor;
            hash ^= hash >> 32;
            token = token[sizeof(ulong)..];
        }
        var rest = 0UL;
        foreach (var value in token)
            rest = (rest << 8) | value;
        hash = (hash ^ rest) * Factor;
        return (uint)(hash ^ (hash >> 32));
    }

    private struct Entry
    {
        public int Start;
        public int Length;
        public int Id;
        public uint Hash;
    }
}
