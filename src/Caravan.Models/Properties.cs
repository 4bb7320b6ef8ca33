using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Caravan.Models.Tests")]
