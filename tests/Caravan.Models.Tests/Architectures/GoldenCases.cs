namespace Caravan.Models.Tests.Architectures;

/// <summary>Every model in <c>tests/golden</c> that gives logits.</summary>
internal static class GoldenCases
{
    internal static TheoryData<string> All => [.. Names(_ => true)];

    /// <summary>Those whose logits at a position depend on the tokens before it alone: not on how long the document
    /// will become, as where the rotary base follows the length.</summary>
    internal static TheoryData<string> Causal =>
        [.. Names(name => !name.Contains("dynamic", StringComparison.Ordinal))];

    /// <summary>Those that know positions by rotation alone, so that shifting all of them changes nothing.</summary>
    internal static TheoryData<string> Rotary => [.. Names(name =>
        !name.Contains("dynamic", StringComparison.Ordinal) && !name.Contains("/opt", StringComparison.Ordinal)
        && !name.Contains("/gpt2", StringComparison.Ordinal))];

    internal static GoldenModel Open(string name)
    {
        var parts = name.Split('/');
        return new GoldenModel(parts[0], parts[1]);
    }

    private static IEnumerable<string> Names(Func<string, bool> include) => new[] { "architectures", "llama" }
        .SelectMany(folder => Directory.GetDirectories(Repository.Golden(folder))
            .Select(path => $"{folder}/{Path.GetFileName(path)}"))
        .Where(include).Order(StringComparer.Ordinal);
}
