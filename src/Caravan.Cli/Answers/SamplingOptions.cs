using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Generation;

namespace Caravan.Cli.Answers;

/// <summary>The options that say how tokens are chosen and when an answer ends.</summary>
internal sealed class SamplingOptions
{
    private readonly Option<double> _temperature = Options.Number("--temperature",
        "Divides the logits before sampling; 0 takes the most likely token always.", 1, NumberRange.AtLeast(0));

    private readonly Option<long> _topK = Options.Integer("--top-k",
        "Sample among this many most likely tokens; 0: all.", 0, new NumberRange(0, int.MaxValue));

    private readonly Option<double> _topP = Options.Number("--top-p",
        "Sample among the fewest tokens whose probabilities reach this sum.", 1,
        new NumberRange(0, 1, ExcludesMinimum: true));

    private readonly Option<long> _maxNewTokens = Options.Integer("--max-new-tokens",
        "Longest answer in tokens.", 512, new NumberRange(1, int.MaxValue));

    private readonly Option<long> _seed = Options.Integer("--seed", "Seed of the sampling.", 0, NumberRange.Any);

    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "End the answer before this text. May be given several times.",
        HelpName = "TEXT",
        DefaultValueFactory = _ => [],
        CustomParser = result => [.. result.Tokens.Select(token => token.Value)],
        Arity = ArgumentArity.OneOrMore,
    };

    public SamplingOptions()
    {
        _stop.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
                result.AddError("--stop cannot be empty: every answer would end before it began.");
        });
    }

    public void AddTo(Command command)
    {
        command.Options.Add(_temperature);
        command.Options.Add(_topK);
        command.Options.Add(_topP);
        command.Options.Add(_maxNewTokens);
        command.Options.Add(_seed);
        command.Options.Add(_stop);
    }

    /// <summary>Settings without stop tokens; the tokenizer knows those.</summary>
    public GenerationSettings Read(ParseResult parsed) => new()
    {
        Temperature = parsed.GetValue(_temperature),
        TopK = (int)parsed.GetValue(_topK),
        TopP = parsed.GetValue(_topP),
        MaxNewTokens = (int)parsed.GetValue(_maxNewTokens),
        Seed = parsed.GetValue(_seed),
    };

    public IReadOnlyList<string> ReadStopTexts(ParseResult parsed) => parsed.GetValue(_stop)!;
}
