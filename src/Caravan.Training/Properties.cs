using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Caravan.Training.Tests")]
