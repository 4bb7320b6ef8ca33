namespace Caravan.Text.Jinja;

/// <summary>The tests of Jinja: what may stand behind <c>is</c>.</summary>
internal static class JinjaTests
{
    public static bool Holds(string name, object? value, CallValues call) => name switch
    {
        "defined" => value is not JinjaUndefined,
        "undefined" => value is JinjaUndefined,
        "none" => value is null,
        "string" => value is string,
        "number" => value is long or double or bool,
        "integer" => value is long,
        "float" => value is double,
        "boolean" => value is bool,
        "true" => value is true,
        "false" => value is false,
        "mapping" => value is JinjaDict,
        "sequence" => value is List<object?> or string or JinjaDict,
        "iterable" => value is not JinjaUndefined && JinjaValue.Items(value) is not null,
        "callable" => value is JinjaFunction,
        "odd" => value is long number && number % 2 != 0,
        "even" => value is long number && number % 2 == 0,
        "divisibleby" =>
            value is long number && call.Integer(0, "num") is not 0 and var divisor && number % divisor == 0,
        "upper" => value is string text && JinjaMethods.IsUpper(text),
        "lower" => value is string text && JinjaMethods.IsLower(text),
        "equalto" or "eq" or "==" or "sameas" => JinjaValue.AreEqual(value, call.Require(0, "other")),
        "ne" or "!=" => !JinjaValue.AreEqual(value, call.Require(0, "other")),
        "lt" or "lessthan" or "<" => JinjaValue.Compare(value, call.Require(0, "other")) < 0,
        "le" or "<=" => JinjaValue.Compare(value, call.Require(0, "other")) <= 0,
        "gt" or "greaterthan" or ">" => JinjaValue.Compare(value, call.Require(0, "other")) > 0,
        "ge" or ">=" => JinjaValue.Compare(value, call.Require(0, "other")) >= 0,
        "in" => Contains(call.Require(0, "seq"), value, call),
        _ => throw new JinjaException($"the test \"{name}\" is not supported.", call.Line),
    };

    public static bool Contains(object? container, object? item, CallValues call) => container switch
    {
        string text => item is string part
            ? text.Contains(part, StringComparison.Ordinal)
            : throw call.Error($"cannot look for {JinjaValue.Describe(item)} in a string"),
        JinjaDict dict => item is string key && dict.Contains(key),
        List<object?> list => list.Exists(other => JinjaValue.AreEqual(item, other)),
        JinjaUndefined => false,
        _ => throw call.Error($"cannot look into {JinjaValue.Describe(container)}"),
    };
}
