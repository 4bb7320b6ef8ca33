using System.CommandLine;
using Caravan.Cli.Answers;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Files;
using Caravan.Text;
using Spectre.Console;

namespace Caravan.Cli.Commands;

/// <summary><c>caravan chat</c>: a conversation in the terminal.</summary>
internal static class ChatCommand
{
    private const string Help =
        "/reset forgets the conversation, /system TEXT sets an instruction above it, /quit ends.";

    public static Command Create(CommandContext context)
    {
        var model = new ModelOptions();
        var sampling = new SamplingOptions();
        var system = new Option<string>("--system")
        {
            Description = "Instruction that stands above the conversation.",
            HelpName = "TEXT",
        };
        var command = new DocumentedCommand("chat", "Talks with a model in the terminal.")
        {
            Examples =
            [
                new("caravan chat --model quickstart-out/model --temperature 0",
                    "Talk with the model of the quickstart"),
                new("caravan chat --model llama --dtype bf16 --system \"Answer in one sentence.\"",
                    "With an instruction"),
            ],
        };
        model.AddTo(command);
        command.Options.Add(system);
        sampling.AddTo(command);
        command.SetAction(parsed => Run(context, parsed, model, sampling, parsed.GetValue(system)));
        return command;
    }

    private static int Run(
        CommandContext context, ParseResult parsed, ModelOptions modelOptions, SamplingOptions sampling, string? system)
    {
        var terminal = context.Terminal;
        using var loaded = modelOptions.Load(parsed, context.Terminal);
        var settings = sampling.Read(parsed);
        var answers = new AnswerStream(loaded, sampling.ReadStopTexts(parsed));
        var conversation = new Conversation(loaded, ChatTemplate.Of(loaded.Tokenizer));
        conversation.Restart(system);
        terminal.Console.MarkupLine($"[grey]{Quantity.Short(loaded.Model.ParameterCount)} parameters. {Help}[/]");
        while (ReadLine(context) is { } line)
        {
            if (line.Trim() == "/quit")
                break;
            if (line.StartsWith('/'))
                Obey(line.Trim(), conversation, terminal);
            else if (!string.IsNullOrWhiteSpace(line))
                Reply(line);
        }
        return ExitCode.Success;

        void Reply(string question)
        {
            var (prompt, forgotten) = conversation.Ask(question, settings.MaxNewTokens);
            if (forgotten > 0)
                terminal.Console.MarkupLine(
                    $"[grey]The model's context is full: the oldest {forgotten} turns are forgotten.[/]");
            try
            {
                var answer = answers.Continue(prompt, settings, piece =>
                {
                    terminal.Out.Write(UntrustedText.Harmless(piece));
                    terminal.Out.Flush();
                }, context.Stop.Token);
                conversation.Answer(answer.Text);
                terminal.Out.WriteLine();
            }
            catch (BadInputException error)
            {
                // The conversation goes on: the next question may be shorter.
                conversation.TakeBack();
                terminal.WriteError(error.Message);
            }
        }
    }

    private static string? ReadLine(CommandContext context)
    {
        if (context.Terminal.InIsTerminal)
            context.Terminal.Console.Markup("[bold]>[/] ");
        return context.Terminal.ReadLine(context.Stop.Token);
    }

    private static void Obey(string line, Conversation conversation, Terminal terminal)
    {
        var (command, text) = line.Split(' ', 2) is [var first, var rest] ? (first, rest.Trim()) : (line, "");
        switch (command)
        {
            case "/reset":
                conversation.Restart();
                terminal.Console.MarkupLine("[grey]The conversation is forgotten.[/]");
                break;
            case "/system":
                conversation.Restart(text.Length == 0 ? null : text);
                terminal.Console.MarkupLine(text.Length == 0
                    ? "[grey]No instruction; the conversation begins anew.[/]"
                    : "[grey]The instruction is set; the conversation begins anew.[/]");
                break;
            default:
                terminal.Console.MarkupLine($"[grey]There is no {Markup.Escape(command)}. {Help}[/]");
                break;
        }
    }
}
