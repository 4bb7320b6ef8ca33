namespace Caravan.Text.Jinja;

/// <summary>Something that a template can call: a macro, a method or one of the given functions.</summary>
internal delegate object? JinjaFunction(CallValues call);
