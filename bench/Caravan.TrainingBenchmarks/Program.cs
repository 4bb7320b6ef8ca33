using Caravan.TrainingBenchmarks;

// Usage: Caravan.TrainingBenchmarks overhead | train (15M|110M) (fp32|bf16) [STEPS [WARMUP]]
//        | memory (15M|110M) (full|lora|qlora) (fp32|bf16) [PASSES [checkpointing]]
//        | tokenize FILE TOKENIZER_DIR | model (15M|110M) DIR TOKENIZER_DIR (random weights, for bench/sft/run.sh)
//        | load (fp32|bf16) (fp32|bf16) [GB]: stored type, wanted type, size of the file
// Prints one line of JSON, with the same names as the peer in bench/peers.
switch (args)
{
    case ["overhead"]:
        Console.WriteLine(CallOverhead.Measure());
        return 0;
    case ["train", "15M" or "110M", "fp32" or "bf16", ..]:
        var steps = args.Length > 3 ? int.Parse(args[3]) : 5;
        var warmup = args.Length > 4 ? int.Parse(args[4]) : 2;
        Console.WriteLine(TrainingStep.Measure(args[1], args[2], steps, warmup));
        return 0;
    case ["memory", "15M" or "110M", "full" or "lora" or "qlora", "fp32" or "bf16", ..]:
        var passes = args.Length > 4 ? int.Parse(args[4]) : 1;
        Console.WriteLine(PlannedMemory.Measure(args[1], args[2], args[3], args.Contains("checkpointing"), passes));
        return 0;
    case ["tokenize", var file, var tokenizer]:
        Console.WriteLine(Tokenization.Measure(file, tokenizer));
        return 0;
    case ["model", "15M" or "110M", var folder, var tokenizer]:
        TrainingStep.WriteModel(args[1], folder, tokenizer);
        return 0;
    case ["load", "fp32" or "bf16", "fp32" or "bf16", ..]:
        Console.WriteLine(Loading.Measure(args[1], args[2], args.Length > 3 ? double.Parse(args[3]) : 4));
        return 0;
    default:
        Console.Error.WriteLine(
            "usage: Caravan.TrainingBenchmarks overhead | train 15M|110M fp32|bf16 [STEPS [WARMUP]] | " +
            "memory 15M|110M full|lora|qlora fp32|bf16 [PASSES [checkpointing]] | tokenize FILE TOKENIZER_DIR | " +
            "model 15M|110M DIR TOKENIZER_DIR | load fp32|bf16 fp32|bf16 [GB]");
        return 2;
}
