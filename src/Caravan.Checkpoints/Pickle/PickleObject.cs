namespace Caravan.Checkpoints;

/// <summary>An object of a class that is not understood, kept inert: its class, arguments and state.</summary>
internal sealed class PickleObject(object? type, object?[] arguments)
{
    public object? Type { get; } = type;

    public object?[] Arguments { get; } = arguments;

    public object? State { get; set; }
}
