using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>
/// Divides normalized text into the words that the model sees one by one. Immutable and shared by all threads.
/// </summary>
internal abstract class PreTokenizer
{
    /// <summary>Whether words can come out other than as parts of the text that went in.</summary>
    public virtual bool ChangesText => false;

    /// <summary>Replaces <see cref="Workspace.Words"/> by a finer division, and changes the text if it must.</summary>
    public abstract void Apply(NormalizedText text, Workspace workspace);
}
