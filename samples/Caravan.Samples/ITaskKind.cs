using Caravan.Data;

namespace Caravan.Samples;

/// <summary>A kind of task: a large supply of problems, each with exactly one right answer.</summary>
public interface ITaskKind
{
    /// <summary>The kind's name in records and tables: lower case, one word or hyphenated.</summary>
    string Name { get; }

    /// <summary>How many training examples this kind gets, relative to the others: harder kinds need more.</summary>
    int Weight { get; }

    /// <summary>Draws one problem. Only the arguments decide which.</summary>
    Problem Draw(SeededRandom random, Level level);
}
