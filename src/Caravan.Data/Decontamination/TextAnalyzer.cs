namespace Caravan.Data.Decontamination;

/// <summary>Cuts text into tokens to compare, in lower case.</summary>
public enum TextAnalyzer
{
    /// <summary>
    /// Tokens end at blanks, line ends and <c>, . ? ! : ; ( ) " - \</c>; all else, such as digits and operators, is
    /// part of them.
    /// </summary>
    Pattern,

    /// <summary>Tokens are runs of letters and digits.</summary>
    Standard,
}
