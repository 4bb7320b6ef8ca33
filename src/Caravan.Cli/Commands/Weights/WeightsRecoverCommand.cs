using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;
using Caravan.Files;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights recover</c>: base + released diff.</summary>
internal sealed class WeightsRecoverCommand
{
    private readonly CommandContext _context;
    private readonly Option<string> _raw = OutputOptions.Path("--path-raw", "Folder of the base model.");
    private readonly Option<string> _diff = OutputOptions.Path("--path-diff", "Folder of the diff.");
    private readonly Option<string> _tuned = OutputOptions.Path(
        "--path-tuned", "Folder to write; without it the result is only checked.", required: false);
    private readonly Option<bool> _compat = OutputOptions.Flag(
        "--compat", "The original script's arithmetic only: ignore corrections and hashes.");
    private readonly Option<double?> _expectedSum = new("--expect-sum")
    {
        Description = "Refuse a result whose numbers do not add up to this (50637.1836 for Alpaca 7B).",
        HelpName = "X",
    };
    private readonly Option<double> _tolerance = Options.Number(
        "--tolerance", "How far the sum may be off.", 1e-2, NumberRange.AtLeast(0));
    private readonly Option<bool> _testInference = OutputOptions.Flag(
        "--test-inference", "Ask the recovered model a question.");
    private readonly Option<string> _original = OutputOptions.Path(
        "--original-model", "With --test-inference: ask this model the same, to compare.", required: false);
    private readonly OutputOptions _output = new("fp32");

    private WeightsRecoverCommand(CommandContext context) => _context = context;

    public static Command Create(CommandContext context)
    {
        var recover = new WeightsRecoverCommand(context);
        var command = new DocumentedCommand("recover", "Adds a released diff to its base model.")
        {
            ScriptOptions = ScriptOptions.Diff,
            Examples =
            [
                new("caravan weights recover --path-raw llama-7b --path-diff tulu-7b --path-tuned out", "Tülu 7B"),
                new("caravan weights recover --path-raw llama-7b --path-diff tulu-7b", "Do the two belong together?"),
                new("caravan weights recover --path_raw llama-7b --path_diff tulu-7b --path_tuned out " +
                    "--test_inference true", "With the original script's option names; the model answers a question"),
            ],
        };
        recover.AddOptionsTo(command);
        command.SetAction(recover.Run);
        return command;
    }

    private void AddOptionsTo(Command command)
    {
        Option[] options = [_raw, _diff, _tuned, _compat, _expectedSum, _tolerance, _testInference, _original];
        foreach (var option in options)
            command.Options.Add(option);
        _output.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_original) is { Implicit: false } && !result.GetValue(_testInference))
                result.AddError("--original-model needs --test-inference.");
        });
    }

    private int Run(ParseResult parsed)
    {
        WeightRun.PrintEstimate(_context, parsed.GetValue(_raw)!, parsed.GetValue(_diff)!);
        if (parsed.GetValue(_tuned) is { } tuned)
        {
            var code = Write(parsed, tuned);
            if (parsed.GetValue(_testInference))
                TestModels(parsed, tuned);
            return code;
        }
        if (!parsed.GetValue(_testInference))
            return Check(parsed);
        // A model that is to answer must be somewhere meanwhile.
        var folder = Directory.CreateTempSubdirectory("caravan-recover-").FullName;
        try
        {
            var code = Write(parsed, Path.Combine(folder, "model"));
            TestModels(parsed, Path.Combine(folder, "model"));
            return code;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private int Write(ParseResult parsed, string tuned) => WeightRun.Write(_context, (progress, stop) =>
        WeightDiff.Recover(
            parsed.GetValue(_raw)!, parsed.GetValue(_diff)!, tuned, DiffOptions(parsed), _output.Read(parsed), progress,
            stop));

    private int Check(ParseResult parsed)
    {
        using var progress = new ByteProgressLine(_context.Terminal, _context.Clock);
        var found = WeightDiff.Check(
            parsed.GetValue(_raw)!, parsed.GetValue(_diff)!, DiffOptions(parsed), progress, _context.Stop.Token);
        progress.Clear();
        if (found.NonFinite.Count > 0 && !_output.Read(parsed).AllowNonFinite)
        {
            throw new BadInputException(
                $"{parsed.GetValue(_diff)}: the recovered model has NaN or infinite numbers in " +
                $"{found.NonFinite.Count} tensors, the first of them '{found.NonFinite[0]}'.");
        }
        _context.Terminal.Out.WriteLine(
            $"{found.TensorCount} tensors, {found.ParameterCount:N0} parameters, sum of all numbers {found.Sum:F4}; " +
            $"hashes {(found.HashesCompared ? "equal to those of the diff" : "none in the diff")}; nothing written");
        return ExitCode.Success;
    }

    private void TestModels(ParseResult parsed, string recovered)
    {
        TestInference.Run(_context, "Recovered model:", recovered);
        if (parsed.GetValue(_original) is { } original)
            TestInference.Run(_context, "Original model:", original);
    }

    private WeightDiffOptions DiffOptions(ParseResult parsed) => new()
    {
        Compat = parsed.GetValue(_compat),
        ExpectedSum = parsed.GetValue(_expectedSum),
        Tolerance = parsed.GetValue(_tolerance),
    };
}
