using Caravan.Files;
using Caravan.Models;

namespace Caravan.Training.Models;

/// <summary>Parameters that a run leaves as they are.</summary>
internal static class FrozenParameters
{
    /// <summary>Takes the gradients of all parameters whose name is one of <paramref name="names"/>, or begins with one
    /// and a dot.</summary>
    /// <exception cref="BadInputException">A name fits no parameter, or all are frozen.</exception>
    public static void Freeze(LanguageModel model, IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            var fitting = model.Parameters.Where(pair => pair.Key == name
                || pair.Key.StartsWith(name + '.', StringComparison.Ordinal)).ToList();
            if (fitting.Count == 0)
            {
                var nearest = Spelling.Nearest(name, model.Parameters.Select(pair => pair.Key))
                    ?? model.Parameters.First().Key;
                throw new BadInputException(
                    $"freeze: no parameter is called {name} or begins so. There is, for example, {nearest}.");
            }
            foreach (var (_, parameter) in fitting)
                parameter.RequiresGrad = false;
        }
        if (!model.Parameters.Any(pair => pair.Value.RequiresGrad))
            throw new BadInputException("freeze: all parameters are frozen, so there is nothing to train.");
    }
}
