using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Caravan.Generation.Tests")]
