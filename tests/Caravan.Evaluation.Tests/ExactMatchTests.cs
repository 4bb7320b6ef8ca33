using Caravan.Checkpoints;
using Caravan.Data;
using Caravan.Files;
using Caravan.Generation;
using Caravan.Models;
using Caravan.Text;
using Caravan.Torch;

namespace Caravan.Evaluation.Tests;

public sealed class ExactMatchTests : IDisposable
{
    private readonly Tokenizer _tokenizer;
    private readonly LanguageModel _model;

    public ExactMatchTests()
    {
        _tokenizer = ByteLevelBpeTrainer.Train(
            ["some words to cut into pieces"], new ByteLevelBpeOptions { VocabularySize = 270 });
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        config.Set("vocab_size", _tokenizer.VocabularySize);
        config.Set("hidden_size", 16);
        config.Set("intermediate_size", 24);
        config.Set("num_hidden_layers", 1);
        config.Set("num_attention_heads", 2);
        using var generator = new RandomGenerator(5);
        _model = ModelFolder.Create(config, generator);
    }

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Run_CountsAnswersThatEqualTheRecords_ByKind()
    {
        // Whatever a model with random weights answers greedily is the right answer of two of three records.
        var records = new[]
        {
            Record("sums", "s-0", "words", Answer("words")),
            Record("sums", "s-1", "pieces", "surely not this"),
            Record("names", "n-0", "cut", "  " + Answer("cut") + "\n"),
        };
        var told = new List<int>();
        var result = ExactMatch.Run(
            _model, _tokenizer, ChatTemplate.Tulu, records, record => record.Dataset,
            maxNewTokens: 6, new Listener(told));
        Assert.Equal(new ExactMatchScore(2, 3), result.Overall);
        Assert.Equal(new ExactMatchScore(1, 2), result.ByKind["sums"]);
        Assert.Equal(new ExactMatchScore(1, 1), result.ByKind["names"]);
        Assert.Equal([true, false, true], result.Samples.Select(sample => sample.IsCorrect));
        Assert.Equal([3], told);
    }

    [Fact]
    public void Run_OnARecordWithoutAnAnswer_NamesIt()
    {
        var record = new InstructionRecord("sums", "s-9", [new ChatMessage("user", "1 + 1?")]);
        var error = Assert.Throws<BadInputException>(() => ExactMatch.Run(
            _model, _tokenizer, ChatTemplate.Tulu, [record], _ => "sums"));
        Assert.Contains("record s-9 must end with the assistant's answer", error.Message);
    }

    private string Answer(string question)
    {
        var prompt = ChatTemplate.Tulu.TokenizePrompt(_tokenizer, [new ChatMessage("user", question)]);
        var settings = new GenerationSettings
        {
            Temperature = 0, MaxNewTokens = 6, StopTokenIds = [_tokenizer.EosTokenId!.Value],
        };
        return _tokenizer.Decode(new Generator(_model).Generate([prompt], settings)[0].TokenIds);
    }

    private static InstructionRecord Record(string kind, string id, string question, string answer) =>
        new(kind, id, [new ChatMessage("user", question), new ChatMessage("assistant", answer)]);

    private sealed class Listener(List<int> told) : IProgress<int>
    {
        public void Report(int value) => told.Add(value);
    }
}
