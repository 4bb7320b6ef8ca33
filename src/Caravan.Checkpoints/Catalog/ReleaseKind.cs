namespace Caravan.Checkpoints;

/// <summary>What a released checkpoint holds.</summary>
public enum ReleaseKind
{
    /// <summary>The model itself.</summary>
    Full,

    /// <summary>The model minus its base, of use only to who has the base.</summary>
    Diff,
}
