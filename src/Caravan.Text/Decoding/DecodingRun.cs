namespace Caravan.Text.Decoding;

/// <summary>One decoding in progress.</summary>
internal abstract class DecodingRun
{
    /// <summary>Takes the next token and gives the text that is certain now.</summary>
    /// <param name="token">As the vocabulary writes it.</param>
    /// <param name="isAdded">Whether it is an added token, which stands for itself.</param>
    public abstract string Append(string token, bool isAdded);

    /// <summary>A special token was left out here.</summary>
    public virtual void SkipSpecial()
    {
    }

    /// <summary>The rest: what was held back because more could have followed.</summary>
    public abstract string Flush();
}
