using Caravan.Data;
using Caravan.Files;
using Caravan.Samples;

if (args.Length is < 1 or > 4)
{
    Console.Error.WriteLine("usage: Caravan.Samples.Generator DIRECTORY [SEED [TRAINING_EXAMPLES [HELD_OUT_PER_KIND]]]");
    return 2;
}
var directory = args[0];
var seed = args.Length > 1 ? long.Parse(args[1]) : 1;
var trainingExamples = args.Length > 2 ? int.Parse(args[2]) : 40_000;
var heldOutPerKind = args.Length > 3 ? int.Parse(args[3]) : 50;

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
