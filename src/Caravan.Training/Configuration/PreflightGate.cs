namespace Caravan.Training.Configuration;

/// <summary>What happens when records fail the checks before a run.</summary>
public enum PreflightGate
{
    Fatal,
    Warn,
}
