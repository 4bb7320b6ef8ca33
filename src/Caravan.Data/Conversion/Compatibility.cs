namespace Caravan.Data.Conversion;

/// <summary>Whose selection of records a converter follows.</summary>
public enum Compatibility
{
    /// <summary>The published mapping, but nothing disappears without a counted reason. The default.</summary>
    Fixed,

    /// <summary>
    /// Exactly what the original scripts keep and lose, bugs included; published record counts depend on it.
    /// </summary>
    Reference,
}
