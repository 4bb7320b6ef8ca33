using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Caravan.Torch.Tests")]
