using Caravan.Data;
using Caravan.Files;
using Caravan.Samples;

var (seed, trainingExamples, heldOutPerKind) = (1L, 190_000, 50);
if (args.Length is < 1 or > 4
    || (args.Length > 1 && !long.TryParse(args[1], out seed))
    || (args.Length > 2 && (!int.TryParse(args[2], out trainingExamples) || trainingExamples is < 1 or > 1_000_000))
    || (args.Length > 3 && (!int.TryParse(args[3], out heldOutPerKind) || heldOutPerKind is < 1 or > 100)))
{
    Console.Error.WriteLine(
        "usage: Caravan.Samples.Generator DIRECTORY [SEED [TRAINING_EXAMPLES (1-1000000) " +
        "[HELD_OUT_PER_KIND (1-100)]]]");
    return 2;
}
var directory = args[0];
var split = InstructionSet.Generate(seed, trainingExamples, heldOutPerKind);
Write("train.jsonl", split.Training);
Write("held_out.jsonl", split.HeldOut);
Console.WriteLine($"{split.Training.Count} training and {split.HeldOut.Count} held-out examples in {directory}");
return 0;

void Write(string name, IReadOnlyList<InstructionRecord> records) =>
    AtomicFile.Write(Path.Combine(directory, name), stream =>
    {
        using var writer = new InstructionWriter(stream);
        foreach (var record in records)
            writer.Write(record);
    });
