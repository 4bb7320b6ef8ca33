using Caravan.Benchmarks;
using Caravan.Torch;

// Usage: Caravan.Benchmarks [parts of a kernel's name …] [--alone]. Prints every kernel's processor time, relative to
// what the machine could do at best in the same run, and relative to the composition of libtorch's operators (which
// --alone leaves out).
var parts = args.Where(arg => arg != "--alone").ToArray();
var alone = args.Contains("--alone");
var machine = MachineRates.Measure();
Console.WriteLine(machine);
Console.WriteLine($"{"kernel",-60} {"µs",10} {"of bound",9} {"composition",12}");
foreach (var kernel in KernelCases.All())
{
    if (!Array.TrueForAll(parts, part => kernel.Name.Contains(part, StringComparison.OrdinalIgnoreCase)))
        continue;
    var times = Interleaved.Run(alone ? [Scoped(kernel.Run)] : [Scoped(kernel.Run), Scoped(kernel.Composition)]);
    var bound = Math.Max(kernel.Bytes / machine.BytesPerSecond,
        kernel.Operations / (kernel.InBFloat16Matmuls ? machine.BFloat16PerSecond : machine.Float32PerSecond));
    var ratio = alone ? "" : $"{times[1].Processor / times[0].Processor:F1} ×";
    Console.WriteLine(
        $"{kernel.Name,-60} {times[0].Processor * 1e6,10:F1} {bound / times[0].Processor,9:P0} {ratio,12}");
}

static Action Scoped(Action action) => () =>
{
    using var scope = new TensorScope();
    action();
};
