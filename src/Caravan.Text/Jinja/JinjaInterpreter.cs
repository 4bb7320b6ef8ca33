using System.Text;

namespace Caravan.Text.Jinja;

/// <summary>
/// Renders a template. It can reach nothing but the values it was given, and the number of steps, the length of the
/// text and the depth of calls are bounded. The other part of this class evaluates expressions.
/// </summary>
internal sealed partial class JinjaInterpreter : IJinjaNames
{
    /// <summary>The longest text that a template may make, in characters.</summary>
    public const int MaxTextLength = 16_000_000;

    private const int MaxSteps = 5_000_000;
    private const int MaxCallDepth = 64;
    private const int MaxRange = 100_000;

    /// <summary>The name under which a macro finds the body of the call block that calls it.</summary>
    private const string Caller = "caller";

    private readonly TimeProvider _time;
    private readonly StringBuilder _output = new();
    private readonly List<CharSpan> _generated = [];
    private StringBuilder _text;
    private int _steps;
    private int _callDepth;

    private JinjaInterpreter(TimeProvider time)
    {
        _time = time;
        _text = _output;
    }

    public static RenderedChat Render(
        Statement[] template, IReadOnlyDictionary<string, object?> variables, TimeProvider time)
    {
        var interpreter = new JinjaInterpreter(time);
        var scope = new JinjaScope(interpreter.Globals());
        foreach (var (name, value) in variables)
            scope.Set(name, JinjaValue.FromObject(value));
        interpreter.Run(template, scope);
        return new RenderedChat(interpreter._output.ToString(), interpreter._generated);
    }

    private JinjaScope Globals()
    {
        var globals = new JinjaScope(null);
        globals.Set("raise_exception", (JinjaFunction)(call => throw new JinjaException(
            $"it refuses this conversation: {JinjaValue.ToText(call.Get(0, "message", ""))}")));
        globals.Set("strftime_now", (JinjaFunction)(call => JinjaTime.Format(_time.GetLocalNow(), call)));
        globals.Set("range", (JinjaFunction)Range);
        globals.Set("namespace", (JinjaFunction)(call => Dict(call, isNamespace: true)));
        globals.Set("dict", (JinjaFunction)(call => Dict(call, isNamespace: false)));
        return globals;
    }

    private JinjaLoopControl Run(Statement[] body, JinjaScope scope)
    {
        foreach (var statement in body)
        {
            var control = Run(statement, scope);
            if (control != JinjaLoopControl.None)
                return control;
        }
        return JinjaLoopControl.None;
    }

    private JinjaLoopControl Run(Statement statement, JinjaScope scope)
    {
        Step(statement.Line);
        switch (statement)
        {
            case TextStatement text:
                Write(text.Text, text.Line);
                break;
            case PrintStatement print:
                Write(JinjaValue.ToText(Evaluate(print.Value, scope)), print.Line);
                break;
            case IfStatement conditional:
                return RunIf(conditional, scope);
            case ForStatement loop:
                return RunFor(loop, scope);
            case SetStatement set:
                Assign(set, scope);
                break;
            case SetBlockStatement set:
                var captured = (object?)Capture(set.Body, scope);
                if (set.Filter is not null)
                    captured = Filter(set.Filter, captured, scope);
                Assign(set.Target, captured, scope, set.Line);
                break;
            case MacroStatement macro:
                scope.Set(macro.Name, Macro(macro.Name, macro.Parameters, macro.Body, scope));
                break;
            case CallStatement call:
                var caller = Macro(Caller, call.Parameters, call.Body, scope);
                Write(JinjaValue.ToText(Call(call.Call, scope, caller)), call.Line);
                break;
            case FilterStatement filter:
                Write(JinjaValue.ToText(Filter(filter.Filter, Capture(filter.Body, scope), scope)), filter.Line);
                break;
            case GenerationStatement generation:
                return RunGeneration(generation, scope);
            case BreakStatement:
                return JinjaLoopControl.Break;
            case ContinueStatement:
                return JinjaLoopControl.Continue;
        }
        return JinjaLoopControl.None;
    }

    private JinjaLoopControl RunIf(IfStatement statement, JinjaScope scope)
    {
        foreach (var (condition, body) in statement.Branches)
        {
            if (JinjaValue.IsTrue(Evaluate(condition, scope)))
                return Run(body, scope);
        }
        return Run(statement.Otherwise, scope);
    }

    private JinjaLoopControl RunFor(ForStatement loop, JinjaScope scope)
    {
        var value = Evaluate(loop.Items, scope);
        var items = (JinjaValue.Items(value)
            ?? throw new JinjaException($"cannot loop over {JinjaValue.Describe(value)}.", loop.Line)).ToList();
        if (loop.Condition is { } condition)
        {
            items = items.FindAll(item =>
            {
                Step(loop.Line);
                var inner = new JinjaScope(scope);
                Unpack(loop, item, inner);
                return JinjaValue.IsTrue(Evaluate(condition, inner));
            });
        }
        for (var index = 0; index < items.Count; index++)
        {
            Step(loop.Line);
            var inner = new JinjaScope(scope);
            inner.Set("loop", LoopState(items, index));
            Unpack(loop, items[index], inner);
            if (Run(loop.Body, inner) == JinjaLoopControl.Break)
                break;
        }
        return items.Count == 0 ? Run(loop.Otherwise, scope) : JinjaLoopControl.None;
    }

    private static JinjaDict LoopState(List<object?> items, int index) => new()
    {
        ["index"] = index + 1L,
        ["index0"] = (long)index,
        ["revindex"] = (long)items.Count - index,
        ["revindex0"] = items.Count - index - 1L,
        ["first"] = index == 0,
        ["last"] = index == items.Count - 1,
        ["length"] = (long)items.Count,
        ["depth"] = 1L,
        ["depth0"] = 0L,
        ["previtem"] = index > 0 ? items[index - 1] : new JinjaUndefined("previtem"),
        ["nextitem"] = index + 1 < items.Count ? items[index + 1] : new JinjaUndefined("nextitem"),
        ["cycle"] = (JinjaFunction)(call => call.Positional.Count == 0
            ? throw call.Error("needs values")
            : call.Positional[index % call.Positional.Count]),
    };

    private static void Unpack(ForStatement loop, object? item, JinjaScope scope)
    {
        if (loop.Targets.Length == 1)
        {
            scope.Set(loop.Targets[0], item);
            return;
        }
        if (item is not List<object?> values || values.Count != loop.Targets.Length)
            throw new JinjaException($"an item does not have {loop.Targets.Length} parts to loop with.", loop.Line);
        for (var i = 0; i < values.Count; i++)
            scope.Set(loop.Targets[i], values[i]);
    }

    private JinjaLoopControl RunGeneration(GenerationStatement generation, JinjaScope scope)
    {
        var start = _text.Length;
        var control = Run(generation.Body, scope);
        // Inside a macro or a captured block the place in the whole text is not known.
        if (!ReferenceEquals(_text, _output))
            throw new JinjaException("a generation block inside a macro or a captured block is not supported.",
                generation.Line);
        if (_text.Length > start)
            _generated.Add(new CharSpan(start, _text.Length));
        return control;
    }

    private void Assign(SetStatement set, JinjaScope scope)
    {
        var value = Evaluate(set.Value, scope);
        if (set.Targets.Length == 1)
        {
            Assign(set.Targets[0], value, scope, set.Line);
            return;
        }
        if (value is not List<object?> values || values.Count != set.Targets.Length)
            throw new JinjaException($"the value does not have {set.Targets.Length} parts to assign.", set.Line);
        for (var i = 0; i < values.Count; i++)
            Assign(set.Targets[i], values[i], scope, set.Line);
    }

    private void Assign(Expression target, object? value, JinjaScope scope, int line)
    {
        if (target is NameExpression name)
        {
            scope.Set(name.Name, value);
            return;
        }
        var attribute = (AttributeExpression)target;
        if (Evaluate(attribute.Object, scope) is not JinjaDict { IsNamespace: true } names)
            throw new JinjaException("only attributes of a namespace can be set.", line);
        names[attribute.Name] = value;
    }

    private string Capture(Statement[] body, JinjaScope scope)
    {
        var outer = _text;
        _text = new StringBuilder();
        try
        {
            Run(body, new JinjaScope(scope));
            return _text.ToString();
        }
        finally
        {
            _text = outer;
        }
    }

    private JinjaFunction Macro(string name, Parameter[] parameters, Statement[] body, JinjaScope definition) => call =>
    {
        if (++_callDepth > MaxCallDepth)
            throw call.Error($"calls itself more than {MaxCallDepth} deep");
        var scope = new JinjaScope(definition);
        for (var i = 0; i < parameters.Length; i++)
        {
            var parameter = parameters[i];
            scope.Set(parameter.Name, call.Has(i, parameter.Name)
                ? call.Get(i, parameter.Name)
                : parameter.Default is { } value ? Evaluate(value, scope) : new JinjaUndefined(parameter.Name));
        }
        if (call.Positional.Count > parameters.Length)
            throw call.Error($"takes {parameters.Length} arguments and got {call.Positional.Count}");
        foreach (var argument in call.Named.Keys)
        {
            if (argument == Caller)
                scope.Set(Caller, call.Named[Caller]);
            else if (!Array.Exists(parameters, parameter => parameter.Name == argument))
                throw call.Error($"has no parameter \"{argument}\" (macro {name})");
        }
        var text = Capture(body, scope);
        _callDepth--;
        return text;
    };

    private static List<object?> Range(CallValues call)
    {
        var (start, stop) = call.Positional.Count > 1
            ? (call.Integer(0, "start"), call.Integer(1, "stop"))
            : (0, call.Integer(0, "stop"));
        var step = call.Integer(2, "step", 1);
        if (step == 0 || Math.Abs((double)(stop - start) / step) > MaxRange)
            throw call.Error($"may have at most {MaxRange} items");
        var items = new List<object?>();
        for (var value = start; step > 0 ? value < stop : value > stop; value += step)
            items.Add(value);
        return items;
    }

    private static JinjaDict Dict(CallValues call, bool isNamespace)
    {
        var dict = new JinjaDict(isNamespace);
        foreach (var (key, value) in call.Named)
            dict[key] = value;
        return dict;
    }

    private void Write(string text, int line)
    {
        if (_text.Length + text.Length > MaxTextLength)
            throw new JinjaException($"the text grows over {MaxTextLength} characters.", line);
        _text.Append(text);
    }

    private void Step(int line)
    {
        if (++_steps > MaxSteps)
            throw new JinjaException($"it takes more than {MaxSteps} steps.", line);
    }
}
