namespace Caravan.Checkpoints;

/// <summary>How EasyLM's numbers lie compared with Hugging Face's.</summary>
internal enum EasyLmLayout
{
    Same,

    /// <summary><c>[in, out]</c> instead of <c>[out, in]</c>.</summary>
    Transposed,

    /// <summary>Transposed, with the query heads' rows in adjacent rotary pairs.</summary>
    Queries,

    /// <summary>The same for key heads.</summary>
    Keys,
}
