using System.Text.Json;
using Caravan.Data.Json;
using Caravan.Data.Sources;
using Caravan.Files;

namespace Caravan.Data.Decontamination;

/// <summary>
/// A benchmark's questions, to be looked for in training data. A question has one text for each field.
/// </summary>
public sealed record TestSet(string Name, IReadOnlyList<IReadOnlyList<string>> Questions, int WithoutText)
{
    /// <summary>
    /// Reads a benchmark's file; records in which a field is null are left out and counted in
    /// <see cref="WithoutText"/>.
    /// </summary>
    /// <param name="name">What to call it; null for the file's name.</param>
    /// <exception cref="BadInputException">The file is broken, or a record lacks a field.</exception>
    public static TestSet Read(string path, IReadOnlyList<string> fields, string? name = null)
    {
        var questions = new List<IReadOnlyList<string>>();
        var without = 0;
        foreach (var raw in RecordFile.Read(path))
        {
            using var document = JsonRecord.Parse(raw, out _);
            var texts = fields.Select(field => Text(document.RootElement, raw, field)).ToList();
            if (texts.Contains(null))
                without++;
            else
                questions.Add([.. texts.Select(text => text!)]);
        }
        if (questions.Count == 0)
            throw new BadInputException($"{path}: no question was found in the fields {string.Join(", ", fields)}.");
        return new TestSet(name ?? InstructionParser.FileStem(path), questions, without);
    }

    /// <summary>
    /// Reads several benchmarks, each <c>file</c> or, with fields of its own, <c>file=field,field</c>. Files of the
    /// same name are told apart by their whole paths.
    /// </summary>
    /// <exception cref="BadInputException">As <see cref="Read"/>.</exception>
    public static IReadOnlyList<TestSet> ReadAll(IReadOnlyList<string> tests, IReadOnlyList<string> fields)
    {
        var files = tests.Select(test => Split(test, fields)).ToList();
        var names = files.CountBy(file => InstructionParser.FileStem(file.Path)).ToDictionary();
        return files.ConvertAll(file => Read(
            file.Path, file.Fields, names[InstructionParser.FileStem(file.Path)] > 1 ? file.Path : null));
    }

    private static (string Path, IReadOnlyList<string> Fields) Split(string test, IReadOnlyList<string> fields)
    {
        var equals = test.LastIndexOf('=');
        return File.Exists(test) || equals <= 0
            ? (test, fields)
            : (test[..equals], test[(equals + 1)..].Split(',', StringSplitOptions.TrimEntries));
    }

    private static string? Text(JsonElement root, RawRecord raw, string field)
    {
        if (!root.TryGetProperty(field, out var value))
        {
            var there = string.Join(", ", root.EnumerateObject().Select(property => property.Name));
            throw new BadInputException($"{raw.Origin}: there is no field \"{field}\"; the record has {there}.");
        }
        return value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.String => JsonText.Read(value, out _),
            _ => value.GetRawText(),
        };
    }
}
