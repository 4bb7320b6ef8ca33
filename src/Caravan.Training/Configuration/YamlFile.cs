using Caravan.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Caravan.Training.Configuration;

/// <summary>A YAML file, or a JSON file, whose nodes know where they stand.</summary>
internal static class YamlFile
{
    /// <summary>The mapping that the file is; empty for an empty file.</summary>
    /// <exception cref="BadInputException">It is no valid YAML, or something else than one mapping with text
    /// keys.</exception>
    public static YamlMappingNode ReadMapping(string path)
    {
        var stream = new YamlStream();
        try
        {
            using var reader = new StreamReader(path);
            stream.Load(reader);
        }
        catch (YamlException error)
        {
            throw new BadInputException(
                $"{path}:{error.Start.Line}:{error.Start.Column}: this is not valid YAML: {error.Message}", error);
        }
        // What YamlDotNet's scanner throws on some unfinished lists, without a place.
        catch (InvalidOperationException error)
        {
            throw new BadInputException($"{path}: this is not valid YAML: a list or a mapping is not closed.", error);
        }
        if (stream.Documents.Count == 0)
            return [];
        return stream.Documents[0].RootNode is YamlMappingNode mapping
            && mapping.Children.Keys.All(key => key is YamlScalarNode)
            ? mapping
            : throw new BadInputException(
                $"{path}: expected one mapping of keys to values, such as 'learning_rate: 2e-5'");
    }
}
