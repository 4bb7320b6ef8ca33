namespace Caravan.Checkpoints;

/// <summary>A class or function that a pickle names. Only its name: nothing is ever looked up or run.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}
