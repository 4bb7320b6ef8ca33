using Caravan.Torch;

namespace Caravan.Models;

/// <summary>How a model is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>Type to compute in; stored weights are converted.</summary>
    public Dtype Dtype { get; init; } = Dtype.Float32;

    public Device Device { get; init; }

    /// <summary>Whether parameters will be changed. Parameters that need no conversion stay in the mapped file either
    /// way, so that nothing is read before it is used; for training, a page is copied when it is first written to.
    /// </summary>
    public bool ForTraining { get; init; }

    /// <summary>How the weights of the linear layers are kept. They are quantised one by one: the peak is the quantised
    /// model and one tensor.</summary>
    public WeightPrecision Linears { get; init; }

    /// <summary>What the model computes. With another head than the language model's a checkpoint's own language head
    /// is dropped, and a head that it lacks is drawn anew.</summary>
    public ModelHead Head { get; init; } = ModelHead.Language;

    /// <summary>Rows that embedding and head are to have, if the checkpoint has others: rows are cut off, or new ones
    /// drawn from a normal distribution of the configuration's <c>initializer_range</c>. Null: as in the checkpoint.
    /// </summary>
    public int? VocabularySize { get; init; }

    /// <summary>Whether the vocabulary has as many rows as the checkpoint's embedding, whatever <c>vocab_size</c> of
    /// config.json says, which else is an error.</summary>
    public bool IgnoreVocabularyRows { get; init; }

    /// <summary>Seed of what is drawn anew.</summary>
    public long Seed { get; init; }

    /// <summary>Whether tensors that the architecture does not have are an error, not a warning.</summary>
    public bool Strict { get; init; }

    /// <summary>Told what is odd but no error: tensors that are ignored, a head that is new.</summary>
    public Action<string>? Warn { get; init; }
}
