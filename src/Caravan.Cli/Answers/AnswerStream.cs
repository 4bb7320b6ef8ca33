using System.Text;
using Caravan.Generation;

namespace Caravan.Cli.Answers;

/// <summary>Continues prompts one at a time and hands the text out as it comes.</summary>
internal sealed class AnswerStream(LoadedModel loaded, IReadOnlyList<string> stopTexts)
{
    private readonly Generator _generator = new(loaded.Model);

    /// <summary>Generates until a stop token, a stop text or the length limit.</summary>
    /// <param name="write">Takes each piece of text as soon as it is certain.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Answer Continue(
        int[] prompt, GenerationSettings settings, Action<string> write, CancellationToken cancellation)
    {
        var decoder = loaded.Tokenizer.CreateStreamingDecoder(prompt);
        var stop = new StopText(stopTexts);
        var text = new StringBuilder();
        var tokens = 0;
        void Emit(string piece)
        {
            if (piece.Length == 0)
                return;
            text.Append(piece);
            write(piece);
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        FinishReason reason;
        try
        {
            reason = _generator.Generate([prompt], settings with { StopTokenIds = loaded.StopTokenIds }, (_, id) =>
            {
                tokens++;
                Emit(stop.Append(decoder.Append(id)));
                if (stop.IsFound)
                    ended.Cancel();
            }, ended.Token)[0].Reason;
        }
        catch (OperationCanceledException) when (stop.IsFound)
        {
            return new Answer(text.ToString(), tokens, "ended by a stop text");
        }
        Emit(stop.Append(decoder.Flush()));
        Emit(stop.Flush());
        return new Answer(
            text.ToString(), tokens, reason == FinishReason.Stop ? "ended by the model" : "cut at the length limit");
    }
}
