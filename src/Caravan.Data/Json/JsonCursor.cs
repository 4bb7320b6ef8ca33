namespace Caravan.Data.Json;

/// <summary>
/// Walks through a record of few and simple parts without building a document of it. Texts come in the form of
/// <see cref="JsonString"/> and lie in <paramref name="room"/>. Whatever is not as expected makes a step fail; the
/// record is then read the thorough way, which knows what is wrong with it.
/// </summary>
/// <param name="record">The record, which must be valid UTF-8.</param>
/// <param name="room">Room for all texts, see <see cref="RoomFor"/>.</param>
internal ref struct JsonCursor(ReadOnlySpan<byte> record, Span<byte> room)
{
    private readonly ReadOnlySpan<byte> _record = record;
    private readonly Span<byte> _room = room;
    private int _position;

    /// <summary>Bytes of the room that are taken; the last text stands at their end.</summary>
    public int Used { get; private set; }

    /// <summary>The room that a record needs.</summary>
    public static int RoomFor(ReadOnlySpan<byte> record) => record.Length + JsonString.Slack;

    /// <summary>True when nothing but white space is left.</summary>
    public bool AtEnd
    {
        get
        {
            PassBlanks();
            return _position == _record.Length;
        }
    }

    /// <summary>Passes over a character, if it is the next one that is not blank.</summary>
    public bool Take(byte character)
    {
        PassBlanks();
        if (_position == _record.Length || _record[_position] != character)
            return false;
        _position++;
        return true;
    }

    /// <summary>Reads a string.</summary>
    public bool TryText(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!Take((byte)'"'))
            return false;
        var length = JsonString.Copy(_record, ref _position, _room[Used..]);
        if (length < 0)
            return false;
        text = _room.Slice(Used, length);
        Used += length;
        return true;
    }

    /// <summary>Reads a key and its colon.</summary>
    public bool TryKey(out ReadOnlySpan<byte> key) => TryText(out key) && Take((byte)':');

    private void PassBlanks()
    {
        while (_position < _record.Length && _record[_position] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            _position++;
    }
}
