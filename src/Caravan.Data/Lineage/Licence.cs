namespace Caravan.Data.Lineage;

/// <summary>The terms of a dataset, and the strictest thing that they say about use.</summary>
public sealed record Licence(string Name, LicenceUse Use)
{
    public static readonly Licence Apache2 = new("Apache-2.0", LicenceUse.Permissive);
    public static readonly Licence Mit = new("MIT", LicenceUse.Permissive);
    public static readonly Licence CcBy4 = new("CC BY 4.0", LicenceUse.Permissive);
    public static readonly Licence OdcBy = new("ODC-BY (the parts differ)", LicenceUse.Permissive);
    public static readonly Licence CcBySa3 = new("CC BY-SA 3.0", LicenceUse.ShareAlike);
    public static readonly Licence CcBySa4 = new("CC BY-SA 4.0", LicenceUse.ShareAlike);
    public static readonly Licence CcByNc4 = new("CC BY-NC 4.0", LicenceUse.NonCommercial);
    public static readonly Licence CcByNcSa = new("CC BY-NC-SA", LicenceUse.NonCommercial);
    public static readonly Licence NotStated = new("none stated", LicenceUse.Unknown);
}
