namespace Caravan.Text.Jinja;

/// <summary>A part of a template that writes or does something.</summary>
internal abstract record Statement(int Line);

internal sealed record TextStatement(string Text, int Line) : Statement(Line);

internal sealed record PrintStatement(Expression Value, int Line) : Statement(Line);

internal sealed record IfStatement(
    IReadOnlyList<(Expression Condition, Statement[] Body)> Branches, Statement[] Otherwise, int Line)
    : Statement(Line);

internal sealed record ForStatement(
    string[] Targets, Expression Items, Expression? Condition, Statement[] Body, Statement[] Otherwise, int Line)
    : Statement(Line);

/// <summary>Assigns to names, or to an attribute of a namespace.</summary>
internal sealed record SetStatement(Expression[] Targets, Expression Value, int Line) : Statement(Line);

/// <summary>Assigns what a body writes.</summary>
internal sealed record SetBlockStatement(
    Expression Target, Statement[] Body, FilterExpression? Filter, int Line)
    : Statement(Line);

internal sealed record MacroStatement(
    string Name, Parameter[] Parameters, Statement[] Body, int Line)
    : Statement(Line);

/// <summary>Calls a macro that gets the body as <c>caller()</c>.</summary>
internal sealed record CallStatement(
    Parameter[] Parameters, CallExpression Call, Statement[] Body, int Line)
    : Statement(Line);

/// <summary>Filters what a body writes.</summary>
internal sealed record FilterStatement(FilterExpression Filter, Statement[] Body, int Line) : Statement(Line);

/// <summary>Text that the model learns to produce.</summary>
internal sealed record GenerationStatement(Statement[] Body, int Line) : Statement(Line);

internal sealed record BreakStatement(int Line) : Statement(Line);

internal sealed record ContinueStatement(int Line) : Statement(Line);

internal sealed record Parameter(string Name, Expression? Default);

/// <summary>A part of a template that has a value.</summary>
internal abstract record Expression(int Line);

internal sealed record LiteralExpression(object? Value, int Line) : Expression(Line);

internal sealed record NameExpression(string Name, int Line) : Expression(Line);

internal sealed record ListExpression(Expression[] Items, int Line) : Expression(Line);

internal sealed record DictExpression((Expression Key, Expression Value)[] Items, int Line) : Expression(Line);

internal sealed record UnaryExpression(string Operator, Expression Operand, int Line) : Expression(Line);

internal sealed record BinaryExpression(
    string Operator, Expression Left, Expression Right, int Line)
    : Expression(Line);

internal sealed record ConditionalExpression(Expression Value, Expression Condition, Expression? Otherwise, int Line)
    : Expression(Line);

internal sealed record AttributeExpression(Expression Object, string Name, int Line) : Expression(Line);

internal sealed record IndexExpression(Expression Object, Expression Index, int Line) : Expression(Line);

internal sealed record SliceExpression(
    Expression Object, Expression? Start, Expression? Stop, Expression? Step, int Line)
    : Expression(Line);

internal sealed record CallExpression(Expression Callee, Arguments Arguments, int Line) : Expression(Line);

/// <param name="Value">Null at the head of a filter block, whose value is what the body writes.</param>
internal sealed record FilterExpression(
    Expression? Value, string Name, Arguments Arguments, int Line)
    : Expression(Line);

internal sealed record TestExpression(Expression Value, string Name, Arguments Arguments, bool IsNegated, int Line)
    : Expression(Line);

internal sealed record Arguments(Expression[] Positional, (string Name, Expression Value)[] Named)
{
    public static Arguments None { get; } = new([], []);
}
