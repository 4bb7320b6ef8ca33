namespace Caravan.Cli.Live;

/// <summary>For whom a run is shown.</summary>
internal enum DisplayMode
{
    /// <summary>A live picture on a terminal, lines elsewhere.</summary>
    Person,

    /// <summary>One JSON object per event.</summary>
    Json,

    /// <summary>Nothing but errors.</summary>
    Quiet,
}
