using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Caravan.Kernels.Tests")]
[assembly: InternalsVisibleTo("Caravan.Benchmarks")]
