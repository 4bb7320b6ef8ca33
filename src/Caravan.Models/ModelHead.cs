using Caravan.Checkpoints;

namespace Caravan.Models;

/// <summary>What a model computes from the hidden states: the next token's logits, or numbers of its own.</summary>
public sealed record ModelHead
{
    private ModelHead(string classSuffix, int outputs, bool hasBias) =>
        (ClassSuffix, Outputs, HasBias) = (classSuffix, outputs, hasBias);

    /// <summary>Logits over the vocabulary, with the head that the architecture has.</summary>
    public static ModelHead Language { get; } = new("CausalLM", 0, hasBias: false);

    /// <summary>Numbers for the whole text, taken at its last token: <c>score.weight</c> [outputs, hidden]. One is a
    /// reward; several are the logits of classes.</summary>
    public static ModelHead Sequence(int outputs = 1) => new("SequenceClassification", outputs, hasBias: false);

    /// <summary>Numbers for every token: <c>score.weight</c> [outputs, hidden] and <c>score.bias</c>. One is a value
    /// function.</summary>
    public static ModelHead Token(int outputs = 1) => new("TokenClassification", outputs, hasBias: true);

    /// <summary>Numbers per token; 0 for as many as the vocabulary has tokens.</summary>
    public int Outputs { get; }

    internal bool HasBias { get; }

    /// <summary>How Hugging Face's class of such models ends: <c>LlamaForSequenceClassification</c>.</summary>
    internal string ClassSuffix { get; }

    internal bool IsLanguage => Outputs == 0;

    /// <summary>The head that the class in <c>architectures</c> has.</summary>
    internal static ModelHead Of(ModelConfigFile config)
    {
        // 2 is what Hugging Face's classes take where neither key is written.
        var labels = config.FindObject("id2label")?.Keys.Count() ?? config.GetInt("num_labels", 2);
        return config.Architecture switch
        {
            { } name when name.EndsWith("ForSequenceClassification", StringComparison.Ordinal) => Sequence(labels),
            { } name when name.EndsWith("ForTokenClassification", StringComparison.Ordinal) => Token(labels),
            _ => Language,
        };
    }

    /// <summary>Writes class and labels of a model with this head; a language model's class stays as it is.</summary>
    internal void Describe(ModelConfigFile config, string classPrefix)
    {
        if (IsLanguage)
            return;
        config.Set("architectures", [$"{classPrefix}For{ClassSuffix}"]);
        config.Set("num_labels", Outputs);
        config.SetMap("id2label", Enumerable.Range(0, Outputs).Select(i => ($"{i}", $"LABEL_{i}")));
        config.SetMap("label2id", Enumerable.Range(0, Outputs).Select(i => ($"LABEL_{i}", i)));
    }
}
