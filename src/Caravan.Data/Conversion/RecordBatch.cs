using Caravan.Data.Json;

namespace Caravan.Data.Conversion;

/// <summary>
/// Records that were converted together on one thread, already as the JSON that is written of them: only their numbers
/// are missing, which are known when the batches stand in order.
/// </summary>
public sealed class RecordBatch : IConversionResults
{
    private readonly JsonLine _json;
    private readonly List<Entry> _entries = [];
    private byte[] _room = [];
    private int _start;
    private bool _hasMessages;

    internal RecordBatch(bool ascii = false) => _json = new JsonLine(ascii);

    /// <summary>Records so far.</summary>
    public int Count => _entries.Count;

    /// <summary>Adds a record; an id that is empty is numbered.</summary>
    public void Add(InstructionRecord record)
    {
        Begin();
        foreach (var (role, content) in record.Messages)
        {
            Open(System.Text.Encoding.UTF8.GetBytes(role));
            _json.Text(content);
            _json.Raw("}"u8);
        }
        End(record.Dataset, record.Id, record.Origin, [.. RecordWarning.Of(record.Messages)]);
        if (record.OtherKeys is not null)
            _entries[^1] = _entries[^1] with { OtherKeys = record.OtherKeys };
    }

    /// <summary>Begins a record whose texts are at hand in the form of <see cref="JsonString"/>.</summary>
    internal void Begin() => (_start, _hasMessages) = (_json.Length, false);

    /// <summary>Begins a message of the record.</summary>
    internal void OpenMessage(ReadOnlySpan<byte> role)
    {
        Open(role);
        _json.Raw("\""u8);
    }

    /// <summary>Goes on with the message's text.</summary>
    internal void Text(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
            _json.Quoted(text);
    }

    internal void CloseMessage() => _json.Raw("\"}"u8);

    /// <summary>Ends the record.</summary>
    internal void End(string dataset, string id, RecordOrigin origin, IReadOnlyList<string> warnings) =>
        _entries.Add(new Entry(dataset, id, _start, _json.Length - _start, origin, warnings));

    /// <summary>Room for the texts of a record, valid until it is asked for again.</summary>
    internal Memory<byte> Room(int bytes)
    {
        if (_room.Length < bytes)
            _room = new byte[bytes * 2];
        return _room;
    }

    /// <summary>The records.</summary>
    internal IReadOnlyList<Entry> Entries => _entries;

    /// <summary>The JSON of a record's messages, without the brackets around them.</summary>
    internal ReadOnlySpan<byte> Messages(Entry entry) => _json.Written.Slice(entry.Start, entry.Length);

    /// <summary>Takes back what was added after the first <paramref name="count"/> records.</summary>
    public void Truncate(int count) => _entries.RemoveRange(count, _entries.Count - count);

    /// <summary>Leaves out the records whose index is not wanted.</summary>
    internal void Keep(Func<int, bool> wanted)
    {
        var index = 0;
        _entries.RemoveAll(_ => !wanted(index++));
    }

    /// <summary>Empties the batch for other records.</summary>
    internal void Clear()
    {
        _entries.Clear();
        _json.Clear();
    }

    private void Open(ReadOnlySpan<byte> role)
    {
        _json.Raw(_hasMessages ? ", {\"role\": \""u8 : "{\"role\": \""u8).Raw(role).Raw("\", \"content\": "u8);
        _hasMessages = true;
    }

    /// <summary>A record: names, where its messages are in the JSON, and what is odd about it.</summary>
    internal readonly record struct Entry(
        string Dataset, string Id, int Start, int Length, RecordOrigin Origin, IReadOnlyList<string> Warnings,
        string? OtherKeys = null);
}
