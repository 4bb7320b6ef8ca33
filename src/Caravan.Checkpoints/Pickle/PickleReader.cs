using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// Reads Python pickles (protocols 2 to 4) as PyTorch writes them, without Python's danger: a pickle is a program that
/// may call anything, and this machine knows only the constructors of tensors and plain data
/// (<see cref="PickleCalls"/>). In strict mode any other name is refused; in opaque mode it becomes an inert
/// <see cref="PickleObject"/>.
/// </summary>
internal sealed class PickleReader
{
    private static readonly object Mark = new();

    private readonly string _name;
    private readonly byte[] _bytes;
    private readonly bool _opaque;
    private readonly Func<object?, object> _persistent;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<long, object?> _memo = [];
    private int _at;
    private int _opcodeAt;
    private long _copies;

    private PickleReader(string name, byte[] bytes, int start, bool opaque, Func<object?, object> persistent)
    {
        _name = name;
        _bytes = bytes;
        _at = start;
        _opaque = opaque;
        _persistent = persistent;
    }

    /// <summary>Reads one pickle.</summary>
    /// <param name="name">For messages: the file, and the entry in it.</param>
    /// <param name="bytes">The pickle; every object in it costs at least a byte, which bounds the memory.</param>
    /// <param name="opaque">Whether unknown classes become inert objects.</param>
    /// <param name="persistent">Makes the object of a persistent id, for PyTorch a storage.</param>
    /// <exception cref="BadInputException">Damaged, or it names a class that is not allowed.</exception>
    public static object? Read(string name, byte[] bytes, bool opaque, Func<object?, object> persistent)
    {
        var start = 0;
        return Read(name, bytes, ref start, opaque, persistent);
    }

    /// <summary>Reads the pickle that starts at <paramref name="position"/>, and moves that behind its end.</summary>
    public static object? Read(
        string name, byte[] bytes, ref int position, bool opaque, Func<object?, object> persistent)
    {
        var reader = new PickleReader(name, bytes, position, opaque, persistent);
        try
        {
            var result = reader.Run();
            position = reader._at;
            return result;
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or InvalidCastException or DecoderFallbackException)
        {
            throw new BadInputException(
                $"{name}: the pickle is damaged at byte {reader._opcodeAt}: {e.Message} Fetch the file again.", e);
        }
    }

    private object? Run()
    {
        while (true)
        {
            _opcodeAt = _at;
            var opcode = NextByte();
            if (opcode == (byte)'.')
                return Pop();
            if (!PushScalar(opcode) && !Build(opcode))
            {
                throw Bad(
                    $"pickle instruction 0x{opcode:x2}{(opcode is > 32 and < 127 ? $" ('{(char)opcode}')" : "")} at " +
                    $"byte {_opcodeAt} is not one that weight files use. The file is damaged or not a weight file.");
            }
        }
    }

    /// <summary>Instructions that push a value of their own, or only prepare.</summary>
    private bool PushScalar(byte opcode)
    {
        switch (opcode)
        {
            case 0x80: // PROTO
                if (NextByte() > 5)
                    throw Bad("the pickle protocol is newer than 5. Save the file with an older protocol.");
                return true;
            case 0x95: // FRAME
                Next(8);
                return true;
            case (byte)'N':
                return Push(null);
            case 0x88:
                return Push(true);
            case 0x89:
                return Push(false);
            case (byte)'J': // BININT
                return Push((long)BinaryPrimitives.ReadInt32LittleEndian(Next(4)));
            case (byte)'K': // BININT1
                return Push((long)NextByte());
            case (byte)'M': // BININT2
                return Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Next(2)));
            case 0x8a: // LONG1
                var number = new BigInteger(Next(NextByte()));
                return number >= long.MinValue && number <= long.MaxValue ? Push((long)number) : Push(number);
            case (byte)'G': // BINFLOAT
                return Push(BinaryPrimitives.ReadDoubleBigEndian(Next(8)));
            case (byte)'X': // BINUNICODE
                return Push(Text(Next(Length(BinaryPrimitives.ReadUInt32LittleEndian(Next(4))))));
            case 0x8c: // SHORT_BINUNICODE
                return Push(Text(Next(NextByte())));
            case 0x8d: // BINUNICODE8
                return Push(Text(Next(Length(BinaryPrimitives.ReadUInt64LittleEndian(Next(8))))));
            case (byte)'U': // SHORT_BINSTRING
                return Push(Encoding.Latin1.GetString(Next(NextByte())));
            case (byte)'T': // BINSTRING
                return Push(Encoding.Latin1.GetString(Next(Length(BinaryPrimitives.ReadUInt32LittleEndian(Next(4))))));
            case (byte)'C': // SHORT_BINBYTES
                return Push(Next(NextByte()).ToArray());
            case (byte)'B': // BINBYTES
                return Push(Next(Length(BinaryPrimitives.ReadUInt32LittleEndian(Next(4)))).ToArray());
            case (byte)']':
                return Push(new List<object?>());
            case (byte)'}':
                return Push(new PickleDictionary());
            case (byte)')':
                return Push(Array.Empty<object?>());
            case 0x8f: // EMPTY_SET
                return Push(new List<object?>());
            case (byte)'(':
                _marks.Add(_stack.Count);
                return Push(Mark);
            default:
                return false;
        }
    }

    /// <summary>Instructions that take values from the stack or the memo.</summary>
    private bool Build(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'t':
                return Push(PopToMark());
            case 0x85:
                return Push(Pop(1));
            case 0x86:
                return Push(Pop(2));
            case 0x87:
                return Push(Pop(3));
            case (byte)'a':
                return Append(Pop(1));
            case (byte)'e' or 0x90: // APPENDS, ADDITEMS
                return Append(PopToMark());
            case (byte)'s':
                return SetItems(Pop(2));
            case (byte)'u':
                return SetItems(PopToMark());
            case (byte)'c': // GLOBAL
                var module = Line();
                return Push(Global(module, Line()));
            case 0x93: // STACK_GLOBAL
                var names = Pop(2);
                return Push(Global((string)names[0]!, (string)names[1]!));
            case (byte)'R' or 0x81: // REDUCE, NEWOBJ
                var call = Pop(2);
                return Push(Call(call[0], call[1] as object?[] ?? throw Bad("a call's arguments are not a tuple.")));
            case (byte)'b': // BUILD
                var state = Pop();
                if (Peek() is PickleObject target)
                    target.State = state;
                return true;
            case (byte)'Q': // BINPERSID
                return Push(_persistent(Pop()));
            case (byte)'q': // BINPUT
                _memo[NextByte()] = Peek();
                return true;
            case (byte)'r': // LONG_BINPUT
                _memo[BinaryPrimitives.ReadUInt32LittleEndian(Next(4))] = Peek();
                return true;
            case 0x94: // MEMOIZE
                _memo[_memo.Count] = Peek();
                return true;
            case (byte)'h': // BINGET
                return Push(Recall(NextByte()));
            case (byte)'j': // LONG_BINGET
                return Push(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Next(4))));
            case (byte)'0': // POP
                Pop();
                return true;
            case (byte)'1': // POP_MARK
                PopToMark();
                return true;
            default:
                return false;
        }
    }

    private PickleGlobal Global(string module, string name)
    {
        var global = new PickleGlobal(module, name);
        if (_opaque || PickleCalls.IsAllowed(global))
            return global;
        throw Bad(
            $"the pickle names '{Printable(global.ToString())}', which model weights do not need: loading it in " +
            "Python could run foreign code. Do not use this file; ask its author for safetensors.");
    }

    private object? Call(object? callee, object?[] arguments)
    {
        if (callee is PickleGlobal global && PickleCalls.IsAllowed(global))
        {
            // A call may copy its arguments, and a few bytes can name a long list again: that must not add up.
            _copies += arguments.Sum(Size);
            if (_copies > 16L * _bytes.Length + (1 << 20))
                throw Bad("the pickle copies the same objects over and over, as no weight file does. Do not use it.");
            return PickleCalls.Invoke(global, arguments)
                ?? (_opaque ? new PickleObject(global, arguments)
                    : throw Bad($"'{global}' is called with arguments that it does not take. The file is damaged."));
        }
        return _opaque
            ? new PickleObject(callee, arguments)
            : throw Bad($"byte {_opcodeAt} of the pickle calls something that is no function. The file is damaged.");
    }

    private static long Size(object? value) => value switch
    {
        List<object?> list => list.Count,
        object?[] tuple => tuple.Length,
        string text => text.Length,
        byte[] bytes => bytes.Length,
        _ => 1,
    };

    private bool Append(object?[] items)
    {
        switch (Peek())
        {
            case List<object?> list:
                list.AddRange(items);
                return true;
            case PickleObject:
                return true;
            default:
                throw Bad("the pickle appends to something that is no list. The file is damaged.");
        }
    }

    private bool SetItems(object?[] items)
    {
        if (items.Length % 2 != 0)
            throw Bad("the pickle sets a key without a value. The file is damaged.");
        switch (Peek())
        {
            case PickleDictionary dictionary:
                for (var i = 0; i < items.Length; i += 2)
                    dictionary.Set(items[i], items[i + 1]);
                return true;
            case PickleObject:
                return true;
            default:
                throw Bad("the pickle sets an item of something that is no dictionary. The file is damaged.");
        }
    }

    private bool Push(object? value)
    {
        _stack.Add(value);
        return true;
    }

    private object? Pop() => Pop(1)[0];

    private object?[] Pop(int count)
    {
        if (_stack.Count < count)
            throw Bad("the pickle takes more values than it has given. The file is damaged.");
        var values = _stack.GetRange(_stack.Count - count, count).ToArray();
        if (Array.IndexOf(values, Mark) >= 0)
            throw Bad("the pickle's marks do not match. The file is damaged.");
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0)
            throw Bad("the pickle's marks do not match. The file is damaged.");
        var mark = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        var values = Pop(_stack.Count - mark - 1);
        _stack.RemoveAt(mark);
        return values;
    }

    private object? Peek() =>
        _stack.Count > 0 && _stack[^1] != Mark
            ? _stack[^1] : throw Bad("the pickle's stack is empty. The file is damaged.");

    private object? Recall(long index) =>
        _memo.TryGetValue(index, out var value)
            ? value : throw Bad($"the pickle recalls {index}, which it has not stored.");

    private byte NextByte() => Next(1)[0];

    private ReadOnlySpan<byte> Next(int count)
    {
        if (count > _bytes.Length - _at)
            throw Bad($"the pickle ends in the middle of an instruction at byte {_opcodeAt}. The file is truncated.");
        _at += count;
        return _bytes.AsSpan(_at - count, count);
    }

    private int Length(ulong length) =>
        length <= (ulong)_bytes.Length
            ? (int)length : throw Bad($"a string of {length} bytes exceeds the pickle. It is damaged.");

    private string Line()
    {
        var end = Array.IndexOf(_bytes, (byte)'\n', _at);
        if (end < 0 || end - _at > 1000)
            throw Bad($"a name at byte {_at} of the pickle has no end. The file is damaged.");
        var line = Text(_bytes.AsSpan(_at, end - _at));
        _at = end + 1;
        return line;
    }

    // Python keeps lone surrogates in pickled strings ("surrogatepass"); in names of tensors they mean damage.
    private static string Text(ReadOnlySpan<byte> bytes) => StrictUtf8.GetString(bytes);

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private static string Printable(string name) =>
        new([.. name.Take(120).Select(c => char.IsControl(c) ? '?' : c)]);

    private BadInputException Bad(string message) => new($"{_name}: {message}");
}
