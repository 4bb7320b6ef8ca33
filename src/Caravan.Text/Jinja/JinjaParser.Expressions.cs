using System.Globalization;

namespace Caravan.Text.Jinja;

internal sealed partial class JinjaParser
{
    private Expression ExpressionOrTuple()
    {
        var first = Expression();
        if (!Current.Is(JinjaTokenKind.Operator, ","))
            return first;
        var items = new List<Expression> { first };
        while (TryTake(",") && Current.Kind is not (JinjaTokenKind.BlockEnd or JinjaTokenKind.PrintEnd))
            items.Add(Expression());
        return new ListExpression([.. items], first.Line);
    }

    private Expression Expression()
    {
        using var level = Descend();
        var value = Or();
        while (TryTakeName("if"))
        {
            var condition = Or();
            var otherwise = TryTakeName("else") ? Expression() : null;
            value = new ConditionalExpression(value, condition, otherwise, value.Line);
        }
        return value;
    }

    private Expression Or()
    {
        var left = And();
        while (TryTakeName("or"))
            left = new BinaryExpression("or", left, And(), left.Line);
        return left;
    }

    private Expression And()
    {
        var left = Not();
        while (TryTakeName("and"))
            left = new BinaryExpression("and", left, Not(), left.Line);
        return left;
    }

    private Expression Not()
    {
        using var level = Descend();
        var line = Current.Line;
        return TryTakeName("not") ? new UnaryExpression("not", Not(), line) : Comparison();
    }

    private Expression Comparison()
    {
        var left = Sum();
        while (true)
        {
            if (Current.Kind == JinjaTokenKind.Operator && Current.Text is "==" or "!=" or "<" or ">" or "<=" or ">=")
                left = new BinaryExpression(Take().Text, left, Sum(), left.Line);
            else if (TryTakeName("in"))
                left = new BinaryExpression("in", left, Sum(), left.Line);
            else if (Current.Is(JinjaTokenKind.Name, "not") && _tokens[_position + 1].Is(JinjaTokenKind.Name, "in"))
            {
                _position += 2;
                left = new UnaryExpression("not", new BinaryExpression("in", left, Sum(), left.Line), left.Line);
            }
            else
                return left;
        }
    }

    private Expression Sum()
    {
        var left = Concatenation();
        while (Current.Kind == JinjaTokenKind.Operator && Current.Text is "+" or "-")
            left = new BinaryExpression(Take().Text, left, Concatenation(), left.Line);
        return left;
    }

    private Expression Concatenation()
    {
        var left = Product();
        while (TryTake("~"))
            left = new BinaryExpression("~", left, Product(), left.Line);
        return left;
    }

    private Expression Product()
    {
        var left = Unary();
        while (Current.Kind == JinjaTokenKind.Operator && Current.Text is "*" or "/" or "//" or "%")
            left = new BinaryExpression(Take().Text, left, Unary(), left.Line);
        return left;
    }

    private Expression Unary()
    {
        var value = FiltersAndTests(Postfix(Signed()));
        return TryTake("**") ? new BinaryExpression("**", value, Unary(), value.Line) : value;
    }

    /// <summary>A sign binds closer than a filter: <c>-1 | abs</c> is 1.</summary>
    private Expression Signed()
    {
        using var level = Descend();
        var line = Current.Line;
        if (TryTake("-"))
            return new UnaryExpression("-", Postfix(Signed()), line);
        return TryTake("+") ? Signed() : Primary();
    }

    private Expression Postfix(Expression value)
    {
        while (Current.Kind == JinjaTokenKind.Operator)
        {
            var line = Current.Line;
            if (TryTake("."))
                value = new AttributeExpression(value, Attribute(), line);
            else if (TryTake("["))
                value = Subscript(value, line);
            else if (TryTake("("))
                value = new CallExpression(value, CallArguments(), line);
            else
                break;
        }
        return value;
    }

    private string Attribute() =>
        Current.Kind == JinjaTokenKind.Integer ? Take().Text : Expect(JinjaTokenKind.Name).Text;

    private Expression Subscript(Expression value, int line)
    {
        var parts = new List<Expression?> { Current.Is(JinjaTokenKind.Operator, ":") ? null : Expression() };
        while (TryTake(":"))
        {
            var isEmpty = Current.Kind == JinjaTokenKind.Operator && Current.Text is ":" or "]";
            parts.Add(isEmpty ? null : Expression());
        }
        Expect(JinjaTokenKind.Operator, "]");
        return parts.Count switch
        {
            1 => new IndexExpression(value, parts[0]!, line),
            <= 3 => new SliceExpression(value, parts[0], parts[1], parts.ElementAtOrDefault(2), line),
            _ => throw Error("a slice has at most three parts."),
        };
    }

    private Expression FiltersAndTests(Expression value)
    {
        while (true)
        {
            if (TryTake("|"))
                value = Postfix(FilterChain(value));
            else if (TryTakeName("is"))
                value = Test(value);
            else
                return value;
        }
    }

    /// <summary>One filter and those behind it.</summary>
    private FilterExpression FilterChain(Expression? value)
    {
        while (true)
        {
            var name = Expect(JinjaTokenKind.Name);
            var filter = new FilterExpression(
                value, name.Text, TryTake("(") ? CallArguments() : Arguments.None, name.Line);
            if (!TryTake("|"))
                return filter;
            value = filter;
        }
    }

    private TestExpression Test(Expression value)
    {
        var isNegated = TryTakeName("not");
        var name = Expect(JinjaTokenKind.Name);
        var arguments = Arguments.None;
        if (TryTake("("))
        {
            arguments = CallArguments();
        }
        else if (Current.Kind is JinjaTokenKind.String or JinjaTokenKind.Integer or JinjaTokenKind.Float
            || (Current.Kind == JinjaTokenKind.Operator && Current.Text is "[" or "{")
            || (Current.Kind == JinjaTokenKind.Name
                && Current.Text is not ("and" or "or" or "else" or "if" or "is" or "not" or "in")))
        {
            arguments = new Arguments([Postfix(Primary())], []);
        }
        return new TestExpression(value, name.Text, arguments, isNegated, name.Line);
    }

    private Arguments CallArguments()
    {
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        while (!TryTake(")"))
        {
            var isNamed =
                Current.Kind == JinjaTokenKind.Name && _tokens[_position + 1].Is(JinjaTokenKind.Operator, "=");
            if (isNamed)
            {
                var name = Take().Text;
                Take();
                named.Add((name, Expression()));
            }
            else
            {
                positional.Add(Expression());
            }
            if (!TryTake(",") && !Current.Is(JinjaTokenKind.Operator, ")"))
                throw Error($"expected , or ) and found {Current}.");
        }
        return new Arguments([.. positional], [.. named]);
    }

    private Expression Primary()
    {
        var token = Take();
        switch (token.Kind)
        {
            case JinjaTokenKind.String:
                var text = token.Text;
                // Neighbouring strings are one.
                while (Current.Kind == JinjaTokenKind.String)
                    text += Take().Text;
                return new LiteralExpression(text, token.Line);
            case JinjaTokenKind.Integer:
                return long.TryParse(token.Text, out var integer)
                    ? new LiteralExpression(integer, token.Line)
                    : throw Error($"the number {token.Text} is too large.");
            case JinjaTokenKind.Float:
                return new LiteralExpression(double.Parse(token.Text, CultureInfo.InvariantCulture), token.Line);
            case JinjaTokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new LiteralExpression(true, token.Line),
                    "false" or "False" => new LiteralExpression(false, token.Line),
                    "none" or "None" => new LiteralExpression(null, token.Line),
                    _ => new NameExpression(token.Text, token.Line),
                };
            case JinjaTokenKind.Operator when token.Text == "(":
                return Parenthesized(token.Line);
            case JinjaTokenKind.Operator when token.Text == "[":
                return new ListExpression(Items("]"), token.Line);
            case JinjaTokenKind.Operator when token.Text == "{":
                return Dict(token.Line);
            default:
                throw new JinjaException($"{token} is not expected here.", token.Line);
        }
    }

    private Expression Parenthesized(int line)
    {
        if (TryTake(")"))
            return new ListExpression([], line);
        var first = Expression();
        if (TryTake(")"))
            return first;
        Expect(JinjaTokenKind.Operator, ",");
        return new ListExpression([first, .. Items(")")], line);
    }

    private Expression[] Items(string close)
    {
        var items = new List<Expression>();
        while (!TryTake(close))
        {
            items.Add(Expression());
            if (!TryTake(",") && !Current.Is(JinjaTokenKind.Operator, close))
                throw Error($"expected , or {close} and found {Current}.");
        }
        return [.. items];
    }

    private DictExpression Dict(int line)
    {
        var items = new List<(Expression, Expression)>();
        while (!TryTake("}"))
        {
            var key = Expression();
            Expect(JinjaTokenKind.Operator, ":");
            items.Add((key, Expression()));
            if (!TryTake(",") && !Current.Is(JinjaTokenKind.Operator, "}"))
                throw Error($"expected , or }} and found {Current}.");
        }
        return new DictExpression([.. items], line);
    }
}
