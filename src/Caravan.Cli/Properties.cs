using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Caravan.Cli.Tests")]
