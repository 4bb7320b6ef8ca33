namespace Caravan.Training.Run;

/// <summary>What this process takes of the machine's memory.</summary>
internal static class ProcessMemory
{
    private const double Gibibyte = 1L << 30;

    /// <summary>Resident now, in GiB.</summary>
    public static double ResidentGibibytes => Environment.WorkingSet / Gibibyte;
}
