using System.CommandLine;
using System.CommandLine.Parsing;
using Caravan.Cli.Answers;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Text;

namespace Caravan.Cli.Commands;

/// <summary><c>caravan generate</c>: continues one prompt. The continuation alone goes to standard output.</summary>
internal static class GenerateCommand
{
    public static Command Create(CommandContext context)
    {
        var model = new ModelOptions();
        var sampling = new SamplingOptions();
        var prompt = new Option<string>("--prompt") { Description = "Text to continue.", HelpName = "TEXT" };
        var promptFile = Options.Path("--prompt-file", "FILE",
            "File with the text to continue. Without a prompt, standard input is read.");
        var chat = new Option<bool>("--chat")
        {
            Description = "The prompt is a question: lay it out as the first turn of a conversation.",
        };
        var command = new DocumentedCommand("generate", "Continues a prompt with a model.")
        {
            Examples =
            [
                new("caravan generate --model quickstart-out/model --chat --prompt \"What is 3 + 4?\" --temperature 0",
                    "One answer, always the same"),
                new("caravan generate --model llama --prompt-file story.txt --temperature 0.8 --top-p 0.95 --seed 7",
                    "A story goes on, a little differently for every seed"),
                new("echo \"Once upon a time\" | caravan generate --model llama --max-new-tokens 50 > story.txt",
                    "From a pipe into a file"),
            ],
        };
        model.AddTo(command);
        command.Options.Add(prompt);
        command.Options.Add(promptFile);
        command.Options.Add(chat);
        sampling.AddTo(command);
        command.Validators.Add(result => CheckPrompt(result, prompt, promptFile, context.Terminal));
        command.SetAction(parsed =>
        {
            var text = parsed.GetValue(prompt) ?? WithoutLastLineEnd(parsed.GetValue(promptFile) is { } file
                ? File.ReadAllText(file)
                : context.Terminal.ReadToEnd(context.Stop.Token));
            return Run(context, parsed, model, sampling, text, parsed.GetValue(chat));
        });
        return command;
    }

    private static void CheckPrompt(
        CommandResult result, Option<string> prompt, Option<string> promptFile, Terminal terminal)
    {
        var given = (result.GetResult(prompt) is null ? 0 : 1) + (result.GetResult(promptFile) is null ? 0 : 1);
        if (given == 2)
            result.AddError("--prompt and --prompt-file cannot both be given.");
        if (given == 0 && terminal.InIsTerminal)
            result.AddError("there is no prompt: give --prompt or --prompt-file, or pipe a text in.");
    }

    // Editors and echo end a text with a line feed that nobody meant to be continued.
    private static string WithoutLastLineEnd(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;

    private static int Run(
        CommandContext context, ParseResult parsed, ModelOptions modelOptions, SamplingOptions sampling, string text,
        bool chat)
    {
        using var loaded = modelOptions.Load(parsed, context.Terminal);
        var prompt = chat
            ? ChatTemplate.Of(loaded.Tokenizer).TokenizePrompt(loaded.Tokenizer, [new ChatMessage("user", text)])
            : loaded.Tokenizer.Encode(text);
        var terminal = context.Terminal;
        var start = context.Clock.GetTimestamp();
        var answer = new AnswerStream(loaded, sampling.ReadStopTexts(parsed)).Continue(
            prompt, sampling.Read(parsed), piece =>
            {
                terminal.Out.Write(terminal.OutIsTerminal ? UntrustedText.Harmless(piece) : piece);
                terminal.Out.Flush();
            }, context.Stop.Token);
        if (terminal.OutIsTerminal)
            terminal.Out.WriteLine();
        var seconds = context.Clock.GetElapsedTime(start).TotalSeconds;
        terminal.Error.WriteLine(
            $"{Quantity.Count(prompt.Length)} prompt tokens, {Quantity.Count(answer.Tokens)} new " +
            $"tokens, {answer.End}, {Quantity.Short(answer.Tokens / seconds)} tokens/s");
        return ExitCode.Success;
    }
}
