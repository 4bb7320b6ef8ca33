namespace Caravan.Files.Downloads;

/// <summary>How long a download insists when the network or the server fails.</summary>
public sealed record RetryPolicy
{
    /// <summary>Failures in a row, without a byte in between, before it gives up.</summary>
    public int Attempts { get; init; } = 6;

    /// <summary>The wait after the first failure; it doubles with each further one.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait that a server may ask for.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A connection over which nothing comes for so long is taken for dead.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long to wait after so many failures in a row, or as long as the server asks.</summary>
    public TimeSpan Wait(int failures, TimeSpan? asked) => asked ?? FirstWait * Math.Pow(2, failures - 1);
}
