using Caravan.Benchmarks;
using Caravan.Torch;

// Usage: Caravan.Benchmarks [part of a kernel's name]. Prints every kernel's time relative to the composition of
// libtorch's operators and to what the machine could do at best, measured in the same run.
var filter = args.Length > 0 ? args[0] : "";
var machine = MachineRates.Measure();
Console.WriteLine(machine);
Console.WriteLine($"{"kernel",-58} {"µs",10} {"of bound",9} {"composition",12}");
foreach (var kernel in KernelCases.All().Where(k => k.Name.Contains(filter, StringComparison.OrdinalIgnoreCase)))
{
    var times = Interleaved.Seconds(Scoped(kernel.Run), Scoped(kernel.Composition));
    var bound = Math.Max(kernel.Bytes / machine.BytesPerSecond,
        kernel.Operations / (kernel.InBFloat16Matmuls ? machine.BFloat16PerSecond : machine.Float32PerSecond));
    Console.WriteLine(
        $"{kernel.Name,-58} {times[0] * 1e6,10:F1} {bound / times[0],9:P0} {times[1] / times[0],10:F1} ×");
}

static Action Scoped(Action action) => () =>
{
    using var scope = new TensorScope();
    action();
};
