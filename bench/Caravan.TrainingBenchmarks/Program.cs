using Caravan.TrainingBenchmarks;

const string Usage = """
    usage: Caravan.TrainingBenchmarks MODE …
      overhead                          what calling a small operator costs
      memory [SIZE METHOD PRECISION [OPTION…]]
                                        caravan plan beside what training takes: tiny|15M|42M|110M full|lora|qlora
                                        bf16|fp32 [checkpointing] [passes] [8bit]; all that docs/adapters.md lists if left out
      tokenize FILE TOKENIZER_DIR       rate of preparing data
      model SIZE DIR [TOKENIZER_DIR]    writes a model with random weights, for bench/sft/run.sh
      load STORED WANTED [GB]           time to load weights, fp32|bf16 as fp32|bf16|nf4, in units of reading their
                                        file, beside filling as much fresh memory
    """;

switch (args)
{
    case ["overhead"]:
        Console.WriteLine(CallOverhead.Measure());
        return 0;
    case ["memory"]:
        PlannedMemory.Compare(MemoryCase.All);
        return 0;
    case ["memory", .. { Length: > 2 } words]:
        PlannedMemory.Compare([MemoryCase.Parse(words)]);
        return 0;
    // What the mode above starts.
    case ["memory-of", var folder, .. { Length: > 2 } words]:
        Console.WriteLine(PlannedMemory.Measure(MemoryCase.Parse(words), folder));
        return 0;
    case ["tokenize", var file, var tokenizer]:
        Console.WriteLine(Tokenization.Measure(file, tokenizer));
        return 0;
    case ["model", var size, var folder, .. { Length: < 2 } tokenizer]:
        ModelSize.Of(size).Write(folder, tokenizer.FirstOrDefault());
        return 0;
    case ["load", "fp32" or "bf16", "fp32" or "bf16" or "nf4", ..]:
        Console.WriteLine(Loading.Measure(args[1], args[2], args.Length > 3 ? double.Parse(args[3]) : 4));
        return 0;
    // What the mode above starts.
    case ["load-of", var folder, var small, var wanted, var purpose]:
        Console.WriteLine(Loading.Load(folder, small, wanted, forTraining: purpose == "training"));
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
