using System.Text;

namespace Caravan.Text.Patterns;

/// <summary>Runs compiled patterns on one text, with a bound on the number of steps.</summary>
internal ref struct PatternMatcher(ReadOnlySpan<char> text, long stepLimit)
{
    private const int NoMatch = -1;

    [ThreadStatic]
    private static Stack<(int Counter, int Position, int Limit)>? _spare;

    private readonly ReadOnlySpan<char> _text = text;

    // Alternatives still to try: where, at which position, and for a repetition how far it may give back or take. Those
    // of an inner program lie above those of the outer one. A thread runs one matcher at a time.
    private readonly Stack<(int Counter, int Position, int Limit)> _alternatives = Emptied();
    private long _steps = stepLimit;

    /// <summary>Whether the bound was reached; then results mean nothing.</summary>
    public readonly bool IsExhausted => _steps <= 0;

    /// <summary>The end of the first match that begins at <paramref name="start"/>, or -1.</summary>
    public int Match(Instruction[] program, int start) => Run(program, start, requiredEnd: null);

    private static Stack<(int Counter, int Position, int Limit)> Emptied()
    {
        _spare ??= new();
        _spare.Clear();
        return _spare;
    }

    private int Run(Instruction[] program, int start, int? requiredEnd)
    {
        var ground = _alternatives.Count;
        var end = Run(program, start, requiredEnd, ground);
        while (_alternatives.Count > ground)
            _alternatives.Pop();
        return end;
    }

    private int Run(Instruction[] program, int start, int? requiredEnd, int ground)
    {
        var (counter, position) = (0, start);
        while (_steps > 0)
        {
            _steps--;
            var instruction = program[counter];
            var succeeded = true;
            switch (instruction.Operation)
            {
                case Operation.Take:
                    succeeded = TryTake(instruction.Set, ref position);
                    counter++;
                    break;
                case Operation.Repeat:
                    succeeded = Repeat(instruction, ref position, counter + 1);
                    counter++;
                    break;
                case Operation.Fork:
                    _alternatives.Push((instruction.Other, position, NoMatch));
                    counter = instruction.Target;
                    break;
                case Operation.Jump:
                    counter = instruction.Target;
                    break;
                case Operation.LookAhead:
                    succeeded = Run(instruction.Inner, position, null) >= 0 != instruction.IsNegative;
                    counter++;
                    break;
                case Operation.LookBehind:
                    succeeded = MatchesBefore(instruction, position) != instruction.IsNegative;
                    counter++;
                    break;
                case Operation.Atomic:
                    var end = Run(instruction.Inner, position, null);
                    succeeded = end >= 0;
                    position = Math.Max(position, end);
                    counter++;
                    break;
                case Operation.Match:
                    if (requiredEnd is null || requiredEnd == position)
                        return position;
                    succeeded = false;
                    break;
                default:
                    succeeded = Holds(instruction.Operation, position);
                    counter++;
                    break;
            }
            if (!succeeded && !TryNextAlternative(program, ground, ref counter, ref position))
                return NoMatch;
        }
        return NoMatch;
    }

    /// <summary>Takes up an alternative; one of a repetition moves a character and stays for the next time.</summary>
    private readonly bool TryNextAlternative(Instruction[] program, int ground, ref int counter, ref int position)
    {
        if (_alternatives.Count == ground)
            return false;
        (counter, position, var limit) = _alternatives.Pop();
        if (limit < 0)
            return true;
        if (program[counter - 1].Greed == Greed.Greedy)
        {
            position = PreviousStart(position);
            if (position > limit)
                _alternatives.Push((counter, position, limit));
            return true;
        }
        if (!TryTake(program[counter - 1].Set, ref position))
            return TryNextAlternative(program, ground, ref counter, ref position);
        if (limit > 1)
            _alternatives.Push((counter, position, limit - 1));
        return true;
    }

    private bool Repeat(Instruction instruction, ref int position, int next)
    {
        var count = 0;
        while (count < instruction.Minimum && TryTake(instruction.Set, ref position))
            count++;
        if (count < instruction.Minimum)
            return false;
        if (instruction.Greed == Greed.Lazy)
        {
            if (instruction.Maximum > count)
                _alternatives.Push((next, position, instruction.Maximum - count));
            return true;
        }
        var least = position;
        while (count < instruction.Maximum && TryTake(instruction.Set, ref position))
        {
            count++;
            _steps--;
        }
        if (instruction.Greed == Greed.Greedy && position > least)
            _alternatives.Push((next, position, least));
        return true;
    }

    private readonly bool TryTake(CharacterSet set, ref int position)
    {
        if (position >= _text.Length)
            return false;
        var point = PointAt(position, out var length);
        if (!set.Contains(point))
            return false;
        position += length;
        return true;
    }

    /// <summary>The code point at a position; an unpaired surrogate counts as U+FFFD.</summary>
    private readonly int PointAt(int position, out int length)
    {
        length = 1;
        var c = _text[position];
        if (!char.IsSurrogate(c))
            return c;
        Rune.DecodeFromUtf16(_text[position..], out var rune, out length);
        return rune.Value;
    }

    private readonly int PreviousStart(int position)
    {
        var isPair = position > 1 && char.IsSurrogatePair(_text[position - 2], _text[position - 1]);
        return position - (isPair ? 2 : 1);
    }

    private bool MatchesBefore(Instruction instruction, int position)
    {
        for (var start = position; start >= 0 && position - start <= instruction.Maximum; start--)
        {
            if (Run(instruction.Inner, start, position) >= 0)
                return true;
        }
        return false;
    }

    private readonly bool Holds(Operation operation, int position) => operation switch
    {
        Operation.LineStart => position == 0 || _text[position - 1] == '\n',
        Operation.LineEnd => position == _text.Length || _text[position] == '\n',
        Operation.TextStart => position == 0,
        Operation.TextEnd => position == _text.Length,
        Operation.TextEndOrLastLineFeed =>
            position == _text.Length || (position == _text.Length - 1 && _text[position] == '\n'),
        Operation.WordBoundary => IsWordBoundary(position),
        Operation.NoWordBoundary => !IsWordBoundary(position),
        _ => throw new InvalidOperationException($"{operation} is no condition."),
    };

    private readonly bool IsWordBoundary(int position)
    {
        var before = position > 0 && CharacterSet.Word.Contains(PointAt(PreviousStart(position), out _));
        var behind = position < _text.Length && CharacterSet.Word.Contains(PointAt(position, out _));
        return before != behind;
    }
}
