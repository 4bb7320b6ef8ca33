namespace Caravan.Text;

/// <summary>A conversation as the text that a model is trained on.</summary>
/// <param name="Text">Without the beginning-of-sequence that the tokenizer adds by itself.</param>
/// <param name="LossSpans">The characters that the model learns to produce, in order and apart from each other.</param>
public sealed record RenderedChat(string Text, IReadOnlyList<CharSpan> LossSpans);
