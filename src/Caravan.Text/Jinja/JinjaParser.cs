namespace Caravan.Text.Jinja;

/// <summary>Reads the statements of a template; the other part of this class reads expressions.</summary>
internal sealed partial class JinjaParser
{
    private const int MaxDepth = 100;

    private readonly List<JinjaToken> _tokens;
    private int _position;
    private int _depth;

    private JinjaParser(List<JinjaToken> tokens) => _tokens = tokens;

    private JinjaToken Current => _tokens[_position];

    public static Statement[] Parse(string source)
    {
        var parser = new JinjaParser(JinjaLexer.Tokenize(source));
        var body = parser.Body([]);
        return parser.Current.Kind == JinjaTokenKind.End
            ? body
            : throw parser.Error($"{parser.Current} stands alone.");
    }

    /// <summary>Statements up to a block that begins with one of these names, or up to the end.</summary>
    private Statement[] Body(ReadOnlySpan<string> ends)
    {
        using var level = Descend();
        var body = new List<Statement>();
        while (Current.Kind != JinjaTokenKind.End)
        {
            if (Current.Kind == JinjaTokenKind.BlockStart && ends.Contains(_tokens[_position + 1].Text))
                break;
            body.Add(Statement());
        }
        return [.. body];
    }

    private Statement Statement()
    {
        var token = Take();
        switch (token.Kind)
        {
            case JinjaTokenKind.Text:
                return new TextStatement(token.Text, token.Line);
            case JinjaTokenKind.PrintStart:
                var value = ExpressionOrTuple();
                Expect(JinjaTokenKind.PrintEnd);
                return new PrintStatement(value, token.Line);
            case JinjaTokenKind.BlockStart:
                return Block(token.Line);
            default:
                throw Error($"{token} is not expected here.");
        }
    }

    private Statement Block(int line)
    {
        var name = Expect(JinjaTokenKind.Name).Text;
        switch (name)
        {
            case "if":
                return If(line);
            case "for":
                return For(line);
            case "set":
                return Set(line);
            case "macro":
                var macro = Expect(JinjaTokenKind.Name).Text;
                var parameters = Parameters();
                return new MacroStatement(macro, parameters, BlockBody("endmacro"), line);
            case "call":
                var callParameters = Current.Is(JinjaTokenKind.Operator, "(") ? Parameters() : [];
                return Expression() is CallExpression call
                    ? new CallStatement(callParameters, call, BlockBody("endcall"), line)
                    : throw Error("a call block must call a macro.");
            case "filter":
                return new FilterStatement(FilterChain(null), BlockBody("endfilter"), line);
            case "generation":
                return new GenerationStatement(BlockBody("endgeneration"), line);
            case "break":
                Expect(JinjaTokenKind.BlockEnd);
                return new BreakStatement(line);
            case "continue":
                Expect(JinjaTokenKind.BlockEnd);
                return new ContinueStatement(line);
            default:
                throw new JinjaException($"the tag \"{name}\" is not supported.", line);
        }
    }

    /// <summary>What stands between the present tag and its end tag.</summary>
    private Statement[] BlockBody(string end)
    {
        Expect(JinjaTokenKind.BlockEnd);
        var body = Body([end]);
        EndBlock(end);
        return body;
    }

    private void EndBlock(string name)
    {
        if (Current.Kind == JinjaTokenKind.End)
            throw Error($"\"{name}\" is missing.");
        Expect(JinjaTokenKind.BlockStart);
        Expect(JinjaTokenKind.Name, name);
        // A name behind the end tag repeats the block's.
        if (Current.Kind == JinjaTokenKind.Name)
            Take();
        Expect(JinjaTokenKind.BlockEnd);
    }

    private IfStatement If(int line)
    {
        var branches = new List<(Expression, Statement[])>();
        var otherwise = Array.Empty<Statement>();
        while (true)
        {
            var condition = Expression();
            Expect(JinjaTokenKind.BlockEnd);
            branches.Add((condition, Body(["elif", "else", "endif"])));
            if (!TryTakeBlock("elif"))
                break;
        }
        if (TryTakeBlock("else"))
        {
            Expect(JinjaTokenKind.BlockEnd);
            otherwise = Body(["endif"]);
        }
        EndBlock("endif");
        return new IfStatement(branches, otherwise, line);
    }

    private ForStatement For(int line)
    {
        var targets = new List<string> { Expect(JinjaTokenKind.Name).Text };
        while (TryTake(","))
            targets.Add(Expect(JinjaTokenKind.Name).Text);
        Expect(JinjaTokenKind.Name, "in");
        var items = Or();
        var condition = TryTakeName("if") ? Expression() : null;
        if (Current.Is(JinjaTokenKind.Name, "recursive"))
            throw Error("recursive loops are not supported.");
        Expect(JinjaTokenKind.BlockEnd);
        var body = Body(["else", "endfor"]);
        var otherwise = Array.Empty<Statement>();
        if (TryTakeBlock("else"))
        {
            Expect(JinjaTokenKind.BlockEnd);
            otherwise = Body(["endfor"]);
        }
        EndBlock("endfor");
        return new ForStatement([.. targets], items, condition, body, otherwise, line);
    }

    private Statement Set(int line)
    {
        var targets = new List<Expression> { Target() };
        while (TryTake(","))
            targets.Add(Target());
        if (TryTake("="))
        {
            var value = ExpressionOrTuple();
            Expect(JinjaTokenKind.BlockEnd);
            return new SetStatement([.. targets], value, line);
        }
        var filter = TryTake("|") ? FilterChain(null) : null;
        return new SetBlockStatement(targets[0], BlockBody("endset"), filter, line);
    }

    private Expression Target()
    {
        var name = Expect(JinjaTokenKind.Name);
        Expression target = new NameExpression(name.Text, name.Line);
        return TryTake(".") ? new AttributeExpression(target, Expect(JinjaTokenKind.Name).Text, name.Line) : target;
    }

    private Parameter[] Parameters()
    {
        var parameters = new List<Parameter>();
        Expect(JinjaTokenKind.Operator, "(");
        while (!TryTake(")"))
        {
            var name = Expect(JinjaTokenKind.Name).Text;
            parameters.Add(new Parameter(name, TryTake("=") ? Expression() : null));
            if (!TryTake(",") && !Current.Is(JinjaTokenKind.Operator, ")"))
                throw Error($"expected , or ) and found {Current}.");
        }
        return [.. parameters];
    }

    private bool TryTakeBlock(string name)
    {
        if (Current.Kind != JinjaTokenKind.BlockStart || !_tokens[_position + 1].Is(JinjaTokenKind.Name, name))
            return false;
        _position += 2;
        return true;
    }

    private bool TryTake(string op)
    {
        if (!Current.Is(JinjaTokenKind.Operator, op))
            return false;
        _position++;
        return true;
    }

    private bool TryTakeName(string name)
    {
        if (!Current.Is(JinjaTokenKind.Name, name))
            return false;
        _position++;
        return true;
    }

    private JinjaToken Take()
    {
        var token = Current;
        if (token.Kind != JinjaTokenKind.End)
            _position++;
        return token;
    }

    private JinjaToken Expect(JinjaTokenKind kind, string? text = null)
    {
        if (Current.Kind != kind || (text is not null && Current.Text != text))
            throw Error($"expected {text ?? kind.ToString().ToLowerInvariant()} and found {Current}.");
        return Take();
    }

    private JinjaException Error(string message) => new(message, Current.Line);

    /// <summary>Counts the nesting, which a hostile template could make deep enough to end the process.</summary>
    private Level Descend()
    {
        if (++_depth > MaxDepth)
            throw Error($"nested more than {MaxDepth} deep.");
        return new Level(this);
    }

    private readonly ref struct Level(JinjaParser parser)
    {
        public void Dispose() => parser._depth--;
    }
}
