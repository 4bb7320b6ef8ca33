namespace Caravan.Text.PreTokenization;

/// <summary>When a pre-tokenizer puts its mark in front of a word that does not begin with it.</summary>
internal enum PrependScheme
{
    Never,

    /// <summary>Only in front of the word that begins the whole text.</summary>
    First,
    Always,
}
