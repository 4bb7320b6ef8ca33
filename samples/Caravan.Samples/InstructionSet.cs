using System.Runtime.InteropServices;
using Caravan.Data;
using Caravan.Samples.Kinds;
using Caravan.Text;

namespace Caravan.Samples;

/// <summary>
/// A small instruction set that needs no download: short tasks in plain English, each with one right answer that a
/// program can check. A language model of one or two million parameters learns them from nothing in minutes.
/// </summary>
public static class InstructionSet
{
    /// <summary>Draws in a row that may repeat a prompt before a kind counts as exhausted.</summary>
    private const int Patience = 10_000;

    /// <summary>Every kind of task, in the order of tables.</summary>
    public static readonly IReadOnlyList<ITaskKind> Kinds =
    [
        new Arithmetic(), new Comparing(), new Sorting(), new Counting(), new Spelling(), new Copying(), new Choosing(),
        new YesNoFacts(), new Formatting(), new FollowUps(),
    ];

    /// <summary>
    /// What the training examples are made of, in percent. Plain copying and easy problems come along because a model
    /// with random weights must first find out that words can be copied from the prompt, and finds it sooner in short
    /// prompts.
    /// </summary>
    private static readonly (int Percent, Level Level, IReadOnlyList<ITaskKind> Kinds)[] Parts =
    [
        (10, Level.Easy, [new Copying()]),
        (25, Level.Easy, Kinds),
        (65, Level.Full, Kinds),
    ];

    /// <summary>
    /// Draws the examples. Equal arguments give equal records, in the same order, on every machine. Held-out prompts
    /// are all different and never occur in training. </summary>
    /// <param name="seed">Which of the possible sets to draw.</param>
    /// <param name="trainingExamples">How many to train on, shared among the kinds by their weights.</param>
    /// <param name="heldOutPerKind">How many of each kind to hold out.</param>
    /// <exception cref="ArgumentOutOfRangeException">A kind has not so many different problems.</exception>
    public static InstructionSplit Generate(long seed, int trainingExamples, int heldOutPerKind)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(trainingExamples);
        ArgumentOutOfRangeException.ThrowIfNegative(heldOutPerKind);
        HashSet<string> heldOutPrompts = [];
        List<InstructionRecord> heldOut = [];
        foreach (var kind in Kinds)
        {
            var random = new SeededRandom(seed, $"held out/{kind.Name}");
            var problems = Draw(
                kind, Level.Full, random, heldOutPerKind, problem => heldOutPrompts.Add(Prompt(problem)));
            heldOut.AddRange(problems.Select((problem, i) => Record(kind, $"held-out-{i:d4}", problem)));
        }

        List<InstructionRecord> training = [];
        var percentLeft = 100;
        for (var part = 0; part < Parts.Length; part++)
        {
            var (percent, level, kinds) = Parts[part];
            var examplesLeft = (int)((long)(trainingExamples - training.Count) * percent / percentLeft);
            percentLeft -= percent;
            var weightLeft = kinds.Sum(kind => kind.Weight);
            foreach (var kind in kinds)
            {
                var share = (int)((long)examplesLeft * kind.Weight / weightLeft);
                (examplesLeft, weightLeft) = (examplesLeft - share, weightLeft - kind.Weight);
                var random = new SeededRandom(seed, $"part {part}/{kind.Name}");
                var problems = Draw(kind, level, random, share, problem => !heldOutPrompts.Contains(Prompt(problem)));
                training.AddRange(problems.Select((problem, i) => Record(kind, $"{part + 1}-{i:d6}", problem)));
            }
        }
        new SeededRandom(seed, "order").Shuffle(CollectionsMarshal.AsSpan(training));
        return new InstructionSplit(training, heldOut);
    }

    private static IEnumerable<Problem> Draw(
        ITaskKind kind, Level level, SeededRandom random, int count, Func<Problem, bool> accept)
    {
        for (var drawn = 0; drawn < count; drawn++)
        {
            var tries = 0;
            Problem problem;
            do
            {
                if (tries++ == Patience)
                    throw new ArgumentOutOfRangeException(
                        nameof(count), count, $"{kind.Name} ({level}) has only about {drawn} new problems to draw.");
                problem = kind.Draw(random, level);
            }
            while (!accept(problem));
            yield return problem;
        }
    }

    private static string Prompt(Problem problem) => string.Join('\n', problem.Turns.SkipLast(1));

    private static InstructionRecord Record(ITaskKind kind, string number, Problem problem) =>
        new(kind.Name, $"{kind.Name}-{number}",
            [.. problem.Turns.Select((text, i) => new ChatMessage(i % 2 == 0 ? "user" : "assistant", text))]);
}
