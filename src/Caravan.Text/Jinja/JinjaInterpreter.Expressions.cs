namespace Caravan.Text.Jinja;

internal sealed partial class JinjaInterpreter
{
    public object? Attribute(object? value, string name, int line)
    {
        foreach (var part in name.Split('.'))
            value = AttributeOf(value, part, line);
        return value;
    }

    private object? Evaluate(Expression expression, JinjaScope scope)
    {
        Step(expression.Line);
        switch (expression)
        {
            case LiteralExpression literal:
                return literal.Value;
            case NameExpression name:
                return scope.Get(name.Name);
            case ListExpression list:
                return list.Items.Select(item => Evaluate(item, scope)).ToList();
            case DictExpression dict:
                return EvaluateDict(dict, scope);
            case UnaryExpression unary:
                return EvaluateUnary(unary, scope);
            case BinaryExpression binary:
                return EvaluateBinary(binary, scope);
            case ConditionalExpression conditional:
                if (JinjaValue.IsTrue(Evaluate(conditional.Condition, scope)))
                    return Evaluate(conditional.Value, scope);
                return conditional.Otherwise is { } otherwise ? Evaluate(otherwise, scope) : new JinjaUndefined("else");
            case AttributeExpression attribute:
                return AttributeOf(Evaluate(attribute.Object, scope), attribute.Name, attribute.Line);
            case IndexExpression index:
                return IndexOf(Evaluate(index.Object, scope), Evaluate(index.Index, scope), index.Line);
            case SliceExpression slice:
                return Slice(slice, scope);
            case CallExpression call:
                return Call(call, scope, caller: null);
            case FilterExpression filter:
                return Filter(filter, Evaluate(filter.Value!, scope), scope);
            case TestExpression test:
                var values = Values(test.Name, test.Arguments, scope, test.Line);
                return JinjaTests.Holds(test.Name, Evaluate(test.Value, scope), values) != test.IsNegated;
            default:
                throw new InvalidOperationException(expression.GetType().Name);
        }
    }

    private JinjaDict EvaluateDict(DictExpression expression, JinjaScope scope)
    {
        var dict = new JinjaDict();
        foreach (var (key, value) in expression.Items)
        {
            var name = Evaluate(key, scope);
            if (name is not string text)
                throw new JinjaException($"a key must be a string, not {JinjaValue.Describe(name)}.", expression.Line);
            dict[text] = Evaluate(value, scope);
        }
        return dict;
    }

    private object? EvaluateUnary(UnaryExpression unary, JinjaScope scope)
    {
        var value = Evaluate(unary.Operand, scope);
        if (unary.Operator == "not")
            return !JinjaValue.IsTrue(value);
        return value switch
        {
            long number => (object)-number,
            double number => -number,
            bool flag => flag ? -1L : 0L,
            _ => throw new JinjaException($"cannot negate {JinjaValue.Describe(value)}.", unary.Line),
        };
    }

    private object? EvaluateBinary(BinaryExpression binary, JinjaScope scope)
    {
        var left = Evaluate(binary.Left, scope);
        switch (binary.Operator)
        {
            case "and":
                return JinjaValue.IsTrue(left) ? Evaluate(binary.Right, scope) : left;
            case "or":
                return JinjaValue.IsTrue(left) ? left : Evaluate(binary.Right, scope);
        }
        var right = Evaluate(binary.Right, scope);
        switch (binary.Operator)
        {
            case "==":
                return JinjaValue.AreEqual(left, right);
            case "!=":
                return !JinjaValue.AreEqual(left, right);
            case "in":
                return JinjaTests.Contains(right, left, Values("in", Arguments.None, scope, binary.Line));
            case "~":
                return Bounded(JinjaValue.ToText(left), JinjaValue.ToText(right), binary.Line);
            case "<" or ">" or "<=" or ">=":
                var order = JinjaValue.Compare(left, right) ?? throw Unfit(binary, left, right);
                return binary.Operator switch
                {
                    "<" => order < 0,
                    ">" => order > 0,
                    "<=" => order <= 0,
                    _ => order >= 0,
                };
            default:
                return Calculate(binary, left, right);
        }
    }

    private static object Calculate(BinaryExpression binary, object? left, object? right)
    {
        switch (binary.Operator, left, right)
        {
            case ("+", string a, string b):
                return Bounded(a, b, binary.Line);
            case ("+", List<object?> a, List<object?> b):
                return a.Count + b.Count <= MaxRange * 10
                    ? new List<object?>([.. a, .. b])
                    : throw new JinjaException("a list grows too long.", binary.Line);
            case ("*", string text, long count):
                return text.Length * Math.Max(0, (double)count) <= MaxTextLength
                    ? string.Concat(Enumerable.Repeat(text, (int)Math.Max(0, count)))
                    : throw new JinjaException($"the text grows over {MaxTextLength} characters.", binary.Line);
        }
        if (!JinjaValue.TryNumber(left, out var x) || !JinjaValue.TryNumber(right, out var y))
            throw Unfit(binary, left, right);
        var isWhole = left is not double && right is not double;
        if (y == 0 && binary.Operator is "/" or "//" or "%" && y == 0)
            throw new JinjaException("a division by zero.", binary.Line);
        var result = binary.Operator switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => x / y,
            "//" => Math.Floor(x / y),
            "%" => x - (y * Math.Floor(x / y)),
            _ => Math.Pow(x, y),
        };
        if (!isWhole || binary.Operator == "/" || (binary.Operator == "**" && y < 0))
            return result;
        return Math.Abs(result) <= 1L << 53
            ? (long)result
            : throw new JinjaException("a number grows too large.", binary.Line);
    }

    private static JinjaException Unfit(BinaryExpression binary, object? left, object? right) => new(
        $"\"{binary.Operator}\" does not go with {JinjaValue.Describe(left)} and {JinjaValue.Describe(right)}.",
            binary.Line);

    private static string Bounded(string left, string right, int line) => left.Length + right.Length <= MaxTextLength
        ? left + right
        : throw new JinjaException($"the text grows over {MaxTextLength} characters.", line);

    /// <summary>An attribute or method; for a mapping also an entry of that name.</summary>
    private static object? AttributeOf(object? value, string name, int line)
    {
        if (value is JinjaUndefined undefined)
            throw new JinjaException($"\"{undefined.Name}\" is undefined and has no \"{name}\".", line);
        if (JinjaMethods.Find(value, name) is { } method && !(value is JinjaDict { IsNamespace: true }))
            return method;
        if (value is JinjaDict dict && dict.TryGet(name, out var found))
            return found;
        return value is List<object?> && long.TryParse(name, out var index)
            ? IndexOf(value, index, line)
            : new JinjaUndefined(name);
    }

    private static object? IndexOf(object? value, object? index, int line)
    {
        switch (value, index)
        {
            case (JinjaUndefined undefined, _):
                throw new JinjaException($"\"{undefined.Name}\" is undefined and has no items.", line);
            case (JinjaDict dict, string key):
                return dict.TryGet(key, out var found) ? found : AttributeOf(value, key, line);
            case (List<object?> list, long position):
                position = position < 0 ? position + list.Count : position;
                return position >= 0 && position < list.Count
                    ? list[(int)position]
                    : new JinjaUndefined($"item {position}");
            case (string text, long position):
                var characters = text.EnumerateRunes().ToList();
                position = position < 0 ? position + characters.Count : position;
                return position >= 0 && position < characters.Count
                    ? characters[(int)position].ToString()
                    : new JinjaUndefined($"character {position}");
            case (_, string name):
                return AttributeOf(value, name, line);
            default:
                return new JinjaUndefined("item");
        }
    }

    private object Slice(SliceExpression slice, JinjaScope scope)
    {
        var value = Evaluate(slice.Object, scope);
        if (value is not (string or List<object?>))
            throw new JinjaException($"cannot slice {JinjaValue.Describe(value)}.", slice.Line);
        var items = JinjaValue.Items(value)!.ToList();
        long? Bound(Expression? part) => part is null ? null : Evaluate(part, scope) switch
        {
            null => null,
            long number => number,
            var other => throw new JinjaException($"cannot slice by {JinjaValue.Describe(other)}.", slice.Line),
        };
        var step = Bound(slice.Step) ?? 1;
        if (step == 0)
            throw new JinjaException("the step of a slice is zero.", slice.Line);
        var (low, high) = step > 0 ? (0L, (long)items.Count) : (-1L, items.Count - 1L);
        long Clamp(long? bound, long otherwise) => bound is not { } position
            ? otherwise
            : Math.Clamp(position < 0 ? position + items.Count : position, low, high);
        var start = Clamp(Bound(slice.Start), step > 0 ? low : high);
        var stop = Clamp(Bound(slice.Stop), step > 0 ? high : low);
        var taken = new List<object?>();
        for (var i = start; step > 0 ? i < stop : i > stop; i += step)
            taken.Add(items[(int)i]);
        return value is string ? string.Concat(taken) : taken;
    }

    private object? Call(CallExpression call, JinjaScope scope, JinjaFunction? caller)
    {
        var callee = Evaluate(call.Callee, scope);
        var name = call.Callee switch
        {
            NameExpression function => function.Name,
            AttributeExpression method => method.Name,
            _ => "the function",
        };
        if (callee is not JinjaFunction target)
            throw new JinjaException($"\"{name}\" cannot be called: it is {JinjaValue.Describe(callee)}.", call.Line);
        var values = Values(name, call.Arguments, scope, call.Line);
        if (caller is null)
            return target(values);
        var named = new Dictionary<string, object?>(values.Named) { [Caller] = caller };
        return target(new CallValues(name, values.Positional, named, call.Line));
    }

    private object? Filter(FilterExpression filter, object? value, JinjaScope scope)
    {
        // At the head of a chain without a value stands what a block has written.
        if (filter.Value is FilterExpression inner && IsHeadless(inner))
            value = Filter(inner, value, scope);
        return JinjaFilters.Apply(filter.Name, value, Values(filter.Name, filter.Arguments, scope, filter.Line), this);
    }

    private static bool IsHeadless(FilterExpression filter) =>
        filter.Value is null || (filter.Value is FilterExpression inner && IsHeadless(inner));

    private CallValues Values(string function, Arguments arguments, JinjaScope scope, int line)
    {
        if (ReferenceEquals(arguments, Arguments.None))
            return new CallValues(function, [], new Dictionary<string, object?>(), line);
        var named = new Dictionary<string, object?>();
        foreach (var (name, value) in arguments.Named)
            named[name] = Evaluate(value, scope);
        return new CallValues(function, arguments.Positional.Select(a => Evaluate(a, scope)).ToList(), named, line);
    }
}
