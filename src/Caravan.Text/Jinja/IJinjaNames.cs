namespace Caravan.Text.Jinja;

/// <summary>Lets filters look up attributes the way expressions do.</summary>
internal interface IJinjaNames
{
    object? Attribute(object? value, string name, int line);
}
