using System.Text;

namespace Caravan.Text.Patterns;

/// <summary>Compiles the text of a pattern.</summary>
internal sealed class PatternParser
{
    private const int MaxInstructions = 20_000;
    private const int MaxDepth = 64;
    private const int Unlimited = int.MaxValue;

    private readonly string _source;
    private int _position;
    private int _depth;
    private int _size;
    private bool _ignoreCase;

    private PatternParser(string source) => _source = source;

    /// <exception cref="PatternSyntaxException">The pattern is wrong, or uses something that is not
    /// supported.</exception>
    public static Instruction[] Parse(string source)
    {
        var parser = new PatternParser(source);
        var program = Finish(parser.Alternation());
        return parser._position == source.Length ? program : throw parser.Error("a ) without a (");
    }

    private bool AtEnd => _position >= _source.Length;

    private static Instruction[] Finish(List<Instruction> body) => [.. body, new Instruction(Operation.Match)];

    private List<Instruction> Alternation()
    {
        if (++_depth > MaxDepth)
            throw Error($"groups nested more than {MaxDepth} deep");
        var ignoreCase = _ignoreCase;
        var branches = new List<List<Instruction>> { Sequence() };
        while (TryTake("|"))
            branches.Add(Sequence());
        _ignoreCase = ignoreCase;
        _depth--;

        var body = branches[^1];
        for (var i = branches.Count - 2; i >= 0; i--)
        {
            // Fork to this branch or the rest; behind the branch, jump over the rest.
            var branch = branches[i];
            var joined = new List<Instruction>(branch.Count + body.Count + 2)
            {
                new(Operation.Fork) { Target = 1, Other = branch.Count + 2 },
            };
            Append(joined, branch);
            joined.Add(new Instruction(Operation.Jump) { Target = branch.Count + 2 + body.Count });
            Append(joined, body);
            body = joined;
        }
        return Limited(body);
    }

    private List<Instruction> Sequence()
    {
        var body = new List<Instruction>();
        while (!AtEnd && _source[_position] is not ('|' or ')'))
            Append(body, Quantified(Atom()));
        return Limited(body);
    }

    private List<Instruction> Quantified(List<Instruction> atom)
    {
        while (TryQuantifier(out var minimum, out var maximum))
        {
            var greed = TryTake("?") ? Greed.Lazy : TryTake("+") ? Greed.Possessive : Greed.Greedy;
            atom = Repeated(atom, minimum, maximum, greed);
        }
        return atom;
    }

    private List<Instruction> Repeated(List<Instruction> atom, int minimum, int maximum, Greed greed)
    {
        if (atom is [{ Operation: Operation.Take, Set: var set }])
        {
            return
            [
                new Instruction(Operation.Repeat) { Set = set, Minimum = minimum, Maximum = maximum, Greed = greed },
            ];
        }
        if (minimum > 1000 || (maximum != Unlimited && maximum > 1000))
            throw Error("a group repeated more than 1000 times");
        var body = new List<Instruction>();
        for (var i = 0; i < minimum; i++)
            Append(body, atom);
        var isLazy = greed == Greed.Lazy;
        if (maximum == Unlimited)
        {
            if (MinWidth(atom) == 0)
                throw Error("a repetition of something that may be empty");
            var loop = new List<Instruction> { Fork(1, atom.Count + 2, isLazy) };
            Append(loop, atom);
            loop.Add(new Instruction(Operation.Jump) { Target = 0 });
            Append(body, loop);
        }
        else
        {
            var optional = new List<Instruction>();
            for (var i = minimum; i < maximum; i++)
            {
                var round = new List<Instruction> { Fork(1, atom.Count + optional.Count + 1, isLazy) };
                Append(round, atom);
                Append(round, optional);
                optional = Limited(round);
            }
            Append(body, optional);
        }
        return greed == Greed.Possessive
            ? [new Instruction(Operation.Atomic) { Inner = Finish(body) }]
            : Limited(body);
    }

    private static Instruction Fork(int into, int over, bool isLazy) => new(Operation.Fork)
    {
        Target = isLazy ? over : into,
        Other = isLazy ? into : over,
    };

    private bool TryQuantifier(out int minimum, out int maximum)
    {
        (minimum, maximum) = (0, Unlimited);
        if (TryTake("*"))
            return true;
        if (TryTake("+"))
        {
            minimum = 1;
            return true;
        }
        if (TryTake("?"))
        {
            maximum = 1;
            return true;
        }
        return TryBraces(out minimum, out maximum);
    }

    /// <summary><c>{n}</c>, <c>{n,}</c>, <c>{,m}</c> or <c>{n,m}</c>; anything else in braces is plain text.</summary>
    private bool TryBraces(out int minimum, out int maximum)
    {
        (minimum, maximum) = (0, Unlimited);
        var close = AtEnd || _source[_position] != '{' ? -1 : _source.IndexOf('}', _position);
        if (close < 0)
            return false;
        var bounds = _source[(_position + 1)..close].Split(',');
        if (bounds.Length > 2 || bounds.All(bound => bound.Length == 0))
            return false;
        foreach (var bound in bounds)
        {
            if (bound.Length > 6 || !bound.All(char.IsAsciiDigit))
                return false;
        }
        minimum = bounds[0].Length == 0 ? 0 : int.Parse(bounds[0]);
        maximum = bounds.Length == 1 ? minimum : bounds[1].Length == 0 ? Unlimited : int.Parse(bounds[1]);
        if (minimum > maximum)
            throw Error($"the repetition {{{minimum},{maximum}}} is empty");
        _position = close + 1;
        return true;
    }

    private List<Instruction> Atom()
    {
        var c = _source[_position];
        switch (c)
        {
            case '(':
                return Group();
            case '[':
                _position++;
                return Take(SetParser().ReadClass());
            case '.':
                _position++;
                return [new Instruction(Operation.Take) { Set = CharacterSet.AnyButLineFeed }];
            case '^':
                _position++;
                return [new Instruction(Operation.LineStart)];
            case '$':
                _position++;
                return [new Instruction(Operation.LineEnd)];
            case '*' or '+' or '?':
                throw Error($"nothing to repeat before {c}");
            case '\\':
                return Escape();
            default:
                Rune.TryGetRuneAt(_source, _position, out var rune);
                var point = rune == default ? c : rune.Value;
                _position += rune == default ? 1 : rune.Utf16SequenceLength;
                return Take(CharacterSet.Of(point));
        }
    }

    private List<Instruction> Group()
    {
        _position++;
        if (TryTake("?:"))
            return Closed(Alternation());
        if (TryTake("?>"))
            return [new Instruction(Operation.Atomic) { Inner = Finish(Closed(Alternation())) }];
        foreach (var (opening, operation, isNegative) in new[]
        {
            ("?=", Operation.LookAhead, false), ("?!", Operation.LookAhead, true),
            ("?<=", Operation.LookBehind, false), ("?<!", Operation.LookBehind, true),
        })
        {
            if (!TryTake(opening))
                continue;
            var inner = Closed(Alternation());
            var width = operation == Operation.LookBehind ? MaxWidth(inner) : 0;
            return [new Instruction(operation) { Inner = Finish(inner), IsNegative = isNegative, Maximum = width }];
        }
        if (TryTake("?#"))
            throw Error("comments in patterns are not supported");
        if (TryTake("?"))
            return GroupWithOptions();
        // A capturing group; captures are never asked for.
        return Closed(Alternation());
    }

    /// <summary><c>(?i:…)</c>, or <c>(?i)</c> for the rest of the enclosing group.</summary>
    private List<Instruction> GroupWithOptions()
    {
        var (on, before) = (true, _ignoreCase);
        while (!AtEnd && _source[_position] is not (':' or ')'))
        {
            switch (_source[_position++])
            {
                case '-':
                    on = false;
                    break;
                case 'i':
                    _ignoreCase = on;
                    break;
                case var option:
                    throw Error($"the group option \"{option}\" is not supported");
            }
        }
        if (TryTake(")"))
            return [];
        if (!TryTake(":"))
            throw Error("a group that is not closed");
        var body = Closed(Alternation());
        _ignoreCase = before;
        return body;
    }

    private List<Instruction> Closed(List<Instruction> body) =>
        TryTake(")") ? body : throw Error("a group that is not closed");

    private List<Instruction> Escape()
    {
        var anchor = _position + 1 < _source.Length
            ? _source[_position + 1] switch
            {
                'b' => Operation.WordBoundary,
                'B' => Operation.NoWordBoundary,
                'A' => Operation.TextStart,
                'z' => Operation.TextEnd,
                'Z' => Operation.TextEndOrLastLineFeed,
                _ => (Operation?)null,
            }
            : throw Error("a \\ at the end");
        if (anchor is not { } operation)
            return Take(SetParser().ReadEscape());
        _position += 2;
        return [new Instruction(operation)];
    }

    private CharacterSetParser SetParser() => new(_source, _position, position => _position = position);

    private List<Instruction> Take(CharacterSet set) =>
        [new Instruction(Operation.Take) { Set = _ignoreCase ? set.IgnoringCase() : set }];

    /// <summary>The fewest characters on a way through the program: shortest paths over its steps.</summary>
    private static int MinWidth(IReadOnlyList<Instruction> body)
    {
        var least = new int[body.Count + 1];
        Array.Fill(least, int.MaxValue);
        least[0] = 0;
        var pending = new Queue<int>([0]);
        void Reach(int target, int width)
        {
            if (width >= least[target])
                return;
            least[target] = width;
            if (target < body.Count)
                pending.Enqueue(target);
        }
        while (body.Count > 0 && pending.TryDequeue(out var index))
        {
            var instruction = body[index];
            switch (instruction.Operation)
            {
                case Operation.Fork:
                    Reach(instruction.Target, least[index]);
                    Reach(instruction.Other, least[index]);
                    break;
                case Operation.Jump:
                    Reach(instruction.Target, least[index]);
                    break;
                default:
                    Reach(index + 1, least[index] + WidthOf(instruction));
                    break;
            }
        }
        return least[^1];
    }

    private static int WidthOf(Instruction instruction) => instruction.Operation switch
    {
        Operation.Take => 1,
        Operation.Repeat => instruction.Minimum,
        Operation.Atomic => MinWidth(instruction.Inner[..^1]),
        _ => 0,
    };

    private int MaxWidth(List<Instruction> body)
    {
        const int Limit = 64;
        var width = 0;
        foreach (var instruction in body)
        {
            width += instruction.Operation switch
            {
                Operation.Take => 2,
                Operation.Repeat when instruction.Maximum <= Limit => 2 * instruction.Maximum,
                Operation.Repeat => throw Error("a look-behind without a bounded length"),
                _ => 0,
            };
        }
        return width <= Limit ? width : throw Error($"a look-behind of more than {Limit} characters");
    }

    /// <summary>Appends a program whose targets count from its own start.</summary>
    private static void Append(List<Instruction> body, List<Instruction> part)
    {
        var offset = body.Count;
        foreach (var instruction in part)
        {
            body.Add(instruction.Operation is Operation.Fork or Operation.Jump
                ? new Instruction(instruction.Operation)
                {
                    Target = instruction.Target + offset,
                    Other = instruction.Other + offset,
                }
                : instruction);
        }
    }

    private List<Instruction> Limited(List<Instruction> body)
    {
        _size += body.Count;
        return _size <= MaxInstructions ? body : throw Error("too large a pattern");
    }

    private bool TryTake(string text)
    {
        if (string.CompareOrdinal(_source, _position, text, 0, text.Length) != 0)
            return false;
        _position += text.Length;
        return true;
    }

    private PatternSyntaxException Error(string problem) => new($"{problem}, at character {_position + 1}");
}
