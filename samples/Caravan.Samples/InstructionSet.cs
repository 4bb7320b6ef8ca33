using System.Runtime.InteropServices;
using Caravan.Data;
using Caravan.Samples.Kinds;
using Caravan.Text;

namespace Caravan.Samples;

/// <summary>
/// A small instruction set that needs no download: short tasks in plain English, each with one right answer that a
/// program can check. A language model of one or two million parameters learns them from nothing in minutes.
/// </summary>
/// <remarks>
/// The training examples are a curriculum, because a model that starts from random weights must first find out that
/// words can be copied from the prompt, and finds it several times sooner in short prompts (Bengio et al.,
/// "Curriculum learning", ICML 2009). Training should therefore keep their order.
/// </remarks>
public static class InstructionSet
{
    /// <summary>Draws in a row that may repeat a prompt before a kind counts as exhausted.</summary>
    private const int Patience = 10_000;

    /// <summary>Every kind of task, in the order of tables.</summary>
    public static readonly IReadOnlyList<ITaskKind> Kinds =
    [
        new Arithmetic(), new Comparing(), new Sorting(), new Sequences(), new Counting(), new Spelling(),
        new Copying(), new Choosing(), new YesNoFacts(), new Finding(), new Formatting(), new FollowUps(),
    ];

    /// <summary>The stages in percent of the examples: the first is copying alone, the others mix all kinds.</summary>
    private static readonly (int Percent, Level Level, IReadOnlyList<ITaskKind> Kinds)[] Curriculum =
    [
        (10, Level.Short, [new Copying()]), (15, Level.Short, Kinds), (15, Level.Medium, Kinds), (60, Level.Full, Kinds),
    ];

    /// <summary>
    /// Draws the examples. Equal arguments give equal records, in the same order, on every machine. Training prompts
    /// are all different; neither the held-out prompts nor their subjects (the numbers, words or facts asked about)
    /// occur among them.
    /// </summary>
    /// <param name="seed">Which of the possible sets to draw.</param>
    /// <param name="trainingExamples">How many to train on, shared among the kinds by their weights.</param>
    /// <param name="heldOutPerKind">How many of each kind to hold out.</param>
    /// <exception cref="ArgumentOutOfRangeException">A kind has not so many different problems.</exception>
    public static InstructionSplit Generate(long seed, int trainingExamples, int heldOutPerKind)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(trainingExamples);
        ArgumentOutOfRangeException.ThrowIfNegative(heldOutPerKind);
        Dictionary<string, HashSet<string>> subjects = [];
        List<InstructionRecord> heldOut = [];
        foreach (var kind in Kinds)
        {
            var asked = subjects[kind.Name] = [];
            var problems = Draw(
                kind, Level.Full, new SeededRandom(seed, $"held out/{kind.Name}"), heldOutPerKind,
                problem => asked.Add(problem.Subject));
            heldOut.AddRange(problems.Select((problem, i) => Record(kind, $"held-out-{i:d4}", problem)));
        }

        List<InstructionRecord> training = [];
        HashSet<string> prompts = [];
        var percentLeft = 100;
        for (var stage = 0; stage < Curriculum.Length; stage++)
        {
            var (percent, level, kinds) = Curriculum[stage];
            var examples = (int)((long)(trainingExamples - training.Count) * percent / percentLeft);
            percentLeft -= percent;
            List<InstructionRecord> lesson = [];
            var weightLeft = kinds.Sum(kind => kind.Weight);
            foreach (var kind in kinds)
            {
                var share = (int)((long)(examples - lesson.Count) * kind.Weight / weightLeft);
                weightLeft -= kind.Weight;
                var problems = Draw(
                    kind, level, new SeededRandom(seed, $"stage {stage}/{kind.Name}"), share,
                    problem => !subjects[kind.Name].Contains(problem.Subject) && prompts.Add(Prompt(problem)));
                lesson.AddRange(problems.Select((problem, i) => Record(kind, $"{stage + 1}-{i:d6}", problem)));
            }
            new SeededRandom(seed, $"order of stage {stage}").Shuffle(CollectionsMarshal.AsSpan(lesson));
            training.AddRange(lesson);
        }
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
