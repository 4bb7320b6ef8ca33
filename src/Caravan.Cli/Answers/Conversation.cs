using Caravan.Text;

namespace Caravan.Cli.Answers;

/// <summary>The turns of a conversation with a model, kept short enough for its context.</summary>
internal sealed class Conversation(LoadedModel loaded, ChatTemplate template)
{
    private readonly List<ChatMessage> _turns = [];
    private string? _system;

    /// <summary>Sets the instruction that stands above all turns; null for none. The turns are forgotten.</summary>
    public void Restart(string? system)
    {
        _system = system;
        _turns.Clear();
    }

    /// <summary>Forgets all turns and keeps the instruction above them.</summary>
    public void Restart() => Restart(_system);

    /// <summary>Adds a question and lays out the prompt for its answer, with room for <paramref name="room"/> tokens as
    /// far as the context allows. The oldest turns are forgotten where they do not fit.</summary>
    public (int[] Prompt, int Forgotten) Ask(string question, int room)
    {
        _turns.Add(new ChatMessage("user", question));
        // An answer may take half of the context at most; a longer one would leave no room for what it answers.
        var longest = loaded.Model.MaxPositions - Math.Min(room, loaded.Model.MaxPositions / 2);
        var forgotten = 0;
        while (true)
        {
            var prompt = template.TokenizePrompt(loaded.Tokenizer, Messages());
            if (prompt.Length <= longest || _turns.Count == 1)
                return (prompt, forgotten);
            _turns.RemoveRange(0, 2);
            forgotten += 2;
        }
    }

    /// <summary>Adds the answer to the last question.</summary>
    public void Answer(string text) => _turns.Add(new ChatMessage("assistant", text));

    /// <summary>Takes back a question that got no answer.</summary>
    public void TakeBack() => _turns.RemoveAt(_turns.Count - 1);

    private List<ChatMessage> Messages() =>
        _system is null ? _turns : [new ChatMessage("system", _system), .. _turns];
}
