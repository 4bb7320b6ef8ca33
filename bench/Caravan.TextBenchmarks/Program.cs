using Caravan.TextBenchmarks;

// Prints one line of JSON; bench/text/run.sh runs this and its peers in turn.
switch (args)
{
    case ["rate", var tokenizer, var texts]:
        Console.WriteLine(EncodingRate.Measure(tokenizer, texts));
        return 0;
    case ["load", var tokenizer]:
        Console.WriteLine(ColdLoad.Measure(tokenizer));
        return 0;
    case ["long", var tokenizer]:
        foreach (var line in LongWord.Measure(tokenizer))
            Console.WriteLine(line);
        return 0;
    default:
        Console.Error.WriteLine(
            "usage: Caravan.TextBenchmarks rate TOKENIZER TEXTS.jsonl | load TOKENIZER | long TOKENIZER");
        return 2;
}
