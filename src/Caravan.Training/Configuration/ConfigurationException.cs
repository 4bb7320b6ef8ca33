using Caravan.Files;

namespace Caravan.Training.Configuration;

/// <summary>A run configuration cannot be used. The message lists every problem found, each with its place.</summary>
public sealed class ConfigurationException(IReadOnlyList<string> problems, bool isUsage)
    : BadInputException(string.Join(Environment.NewLine, problems))
{
    /// <summary>Every problem, one sentence or two each.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>Whether all problems stand on the command line, not in a file.</summary>
    public bool IsUsage => isUsage;
}
