namespace Caravan.Data.Lineage;

/// <summary>What a licence allows, from the most to the least.</summary>
public enum LicenceUse
{
    /// <summary>Any use, with attribution at most.</summary>
    Permissive,

    /// <summary>Any use; what is derived stays under the same terms.</summary>
    ShareAlike,

    /// <summary>No commercial use.</summary>
    NonCommercial,

    /// <summary>Research only.</summary>
    Research,

    /// <summary>No terms are stated, so none can be relied on.</summary>
    Unknown,
}
