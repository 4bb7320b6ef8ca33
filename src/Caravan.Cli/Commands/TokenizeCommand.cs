using System.Buffers;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Cli.Tokens;
using Caravan.Data;
using Caravan.Text;

namespace Caravan.Cli.Commands;

/// <summary><c>caravan tokenize</c>: shows how a tokenizer cuts a text, and which tokens of a training record carry
/// loss.</summary>
internal static class TokenizeCommand
{
    public static Command Create(CommandContext context)
    {
        var text = new Argument<string?>("text")
        {
            Description = "The text. Without it and without --input, standard input is read.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var tokenizer = Options.Path("--tokenizer", "DIR", "A model directory in Hugging Face's layout.");
        tokenizer.Required = true;
        var input = Options.Path("--input", "FILE",
            "A file of records: text, or a training record such as messages, which is laid out by a chat template.");
        var template = new Option<string?>("--chat-template")
        {
            Description = $"How to lay out messages: {string.Join(", ", ChatTemplate.All.Select(t => t.Name))}. " +
                "[default: the tokenizer's own, else tulu]",
            HelpName = "NAME",
        };
        template.CompletionSources.Add([.. ChatTemplate.All.Select(t => t.Name)]);
        var noSpecialTokens = new Option<bool>("--no-special-tokens")
        {
            Description = "Leave out what the tokenizer puts around a text, such as a beginning of sequence.",
        };
        var json = new Option<bool>("--json")
        {
            Description = "One line of JSON a text: id, text, ids, offsets in characters, labels (-100: no loss).",
        };
        var command = new DocumentedCommand(
            "tokenize", "Shows the tokens of texts, and the loss mask of training records.")
        {
            Examples =
            [
                new("caravan tokenize --tokenizer llama-2-7b \"Salt and sand\"", "The pieces of a text"),
                new("caravan tokenize --tokenizer llama-2-7b --input train.jsonl | less",
                    "What a model learns from each record"),
                new("caravan tokenize --tokenizer pythia --input train.jsonl --chat-template zephyr --json > ids.jsonl",
                    "Ids, offsets and labels for a program"),
            ],
        };
        command.Arguments.Add(text);
        foreach (var option in new Option[] { tokenizer, input, template, noSpecialTokens, json })
            command.Options.Add(option);
        command.Validators.Add(result => Check(result, text, input, template, context.Terminal));
        command.SetAction(parsed =>
        {
            var loaded = Tokenizer.Load(parsed.GetValue(tokenizer)!);
            var addSpecialTokens = !parsed.GetValue(noSpecialTokens);
            if (parsed.GetValue(input) is { } file)
            {
                var layout = Template(loaded, parsed.GetValue(template));
                return Run(context, loaded, file, layout.SeparatesInput, parsed.GetValue(json),
                    record => TokenizedText.Of(record, loaded, layout, addSpecialTokens));
            }
            var given = parsed.GetValue(text) ?? context.Terminal.ReadToEnd(context.Stop.Token);
            var page = NewPage(context.Terminal, loaded, parsed.GetValue(json));
            context.Terminal.Out.Write(page([(null, null, TokenizedText.Of(given, loaded, addSpecialTokens))]));
            return ExitCode.Success;
        });
        return command;
    }

    private static void Check(
        CommandResult result, Argument<string?> text, Option<string> input, Option<string?> template, Terminal terminal)
    {
        var hasText = result.GetResult(text) is { Tokens.Count: > 0 };
        var hasInput = result.GetResult(input) is not null;
        if (hasText && hasInput)
            result.AddError("a text and --input cannot both be given.");
        if (!hasText && !hasInput && terminal.InIsTerminal)
            result.AddError("there is nothing to tokenize: give a text or --input, or pipe a text in.");
        if (result.GetResult(template) is { Tokens: [var name] } && ChatTemplate.All.All(t => t.Name != name.Value))
        {
            result.AddError($"--chat-template cannot be '{name.Value}': it must be one of " +
                $"{string.Join(", ", ChatTemplate.All.Select(t => t.Name))}.");
        }
    }

    private static ChatTemplate Template(Tokenizer tokenizer, string? name)
    {
        if (name is not null)
            return ChatTemplate.ByName(name);
        return tokenizer.ChatTemplateSource is { } source
            ? ChatTemplate.FromJinja(source, "chat_template of the tokenizer")
            : ChatTemplate.Tulu;
    }

    private static int Run(
        CommandContext context, Tokenizer tokenizer, string file, bool separatesInput, bool json,
        Func<TextRecord, TokenizedText> tokenize)
    {
        var page = NewPage(context.Terminal, tokenizer, json);
        var pages = TextFile.Map(
            file, separatesInput,
            records => page(records.Select(record => ((string?)record.Id, (string?)$"{record.Origin}  {record.Id}",
                tokenize(record)))),
            context.Stop.Token);
        foreach (var written in pages)
        {
            context.Stop.Token.ThrowIfCancellationRequested();
            context.Terminal.Out.Write(written);
        }
        return ExitCode.Success;
    }

    /// <summary>What writes a run of texts: one string, because standard output is flushed at every call.</summary>
    private static Func<IEnumerable<(string? Id, string? Title, TokenizedText Tokenized)>, string> NewPage(
        Terminal terminal, Tokenizer tokenizer, bool json)
    {
        if (json)
        {
            return texts =>
            {
                var lines = new ArrayBufferWriter<byte>();
                foreach (var (id, _, tokenized) in texts)
                    TokenJson.Append(lines, id, tokenized);
                return Encoding.UTF8.GetString(lines.WrittenSpan);
            };
        }
        var table = new TokenTable(tokenizer, terminal.OutIsTerminal && terminal.AllowsColours);
        return texts =>
        {
            var page = new StringBuilder();
            foreach (var (_, title, tokenized) in texts)
                table.Append(page, title, tokenized);
            return page.ToString();
        };
    }
}
