namespace Caravan.Training.Configuration;

/// <summary>Documents one key of a run configuration: what it does, its consequence, and the values it allows. The
/// key's name is the property's, in snake_case in files and in kebab-case on the command line.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ConfigKeyAttribute(string description) : Attribute
{
    /// <summary>What the key does, one or two sentences.</summary>
    public string Description => description;

    /// <summary>The smallest value allowed.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>The greatest value allowed.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>Whether a value equal to <see cref="Min"/> is refused.</summary>
    public bool AboveMin { get; init; }

    /// <summary>The words that a text may be; empty: any.</summary>
    public string[] Words { get; init; } = [];

    /// <summary>Other names of the key, which open-instruct had at some time.</summary>
    public string[] Aliases { get; init; } = [];

    /// <summary>Whether the value may change between the parts of an interrupted run, because what is computed does not
    /// depend on it.</summary>
    public bool IsFree { get; init; }
}
