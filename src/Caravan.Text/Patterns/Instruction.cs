namespace Caravan.Text.Patterns;

/// <summary>What one instruction of a compiled pattern does.</summary>
internal enum Operation
{
    /// <summary>Takes one character of the set.</summary>
    Take,

    /// <summary>Takes characters of the set, from Minimum to Maximum, by Greed.</summary>
    Repeat,

    /// <summary>Goes on at Target, and at Other if that fails.</summary>
    Fork,

    /// <summary>Goes on at Target.</summary>
    Jump,

    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    TextEndOrLastLineFeed,
    WordBoundary,
    NoWordBoundary,

    /// <summary>
    /// Goes on if the inner program matches from here, without moving (or if it does not, when negative).
    /// </summary>
    LookAhead,
    LookBehind,

    /// <summary>Moves to the end of the inner program's first match and never comes back into it.</summary>
    Atomic,

    Match,
}

/// <summary>How a repetition takes characters.</summary>
internal enum Greed
{
    Greedy,
    Lazy,
    Possessive,
}

/// <summary>One step of a compiled pattern; what each field means depends on the operation.</summary>
internal sealed class Instruction(Operation operation)
{
    public Operation Operation { get; } = operation;

    public CharacterSet Set { get; init; } = CharacterSet.Any;

    public int Minimum { get; init; }

    public int Maximum { get; init; }

    public Greed Greed { get; init; }

    public int Target { get; set; }

    public int Other { get; set; }

    public bool IsNegative { get; init; }

    public Instruction[] Inner { get; init; } = [];
}
