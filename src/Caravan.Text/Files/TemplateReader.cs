using Caravan.Text.Pipeline;

namespace Caravan.Text.Files;

/// <summary>
/// Reads the <c>post_processor</c> of tokenizer.json: what it puts around a single sequence. Its other task, trimming
/// offsets, is left out on purpose: offsets here always cover the whole token.
/// </summary>
internal static class TemplateReader
{
    private const int MaxDepth = 8;

    public static SequenceTemplate Read(JsonReader root) =>
        root.TryGet("post_processor", out var component) ? ReadComponent(component, 0) : SequenceTemplate.Empty;

    private static SequenceTemplate ReadComponent(JsonReader component, int depth)
    {
        if (depth > MaxDepth)
            throw component.Bad($"components nested more than {MaxDepth} deep");
        var type = component.Require("type").AsString();
        return type switch
        {
            "ByteLevel" => SequenceTemplate.Empty,
            "TemplateProcessing" => ReadTemplate(component),
            "BertProcessing" or "RobertaProcessing" =>
                new SequenceTemplate([PairId(component, "cls")], [PairId(component, "sep")]),
            "Sequence" => component.Require("processors").Items()
                .Select(item => ReadComponent(item, depth + 1))
                .Aggregate(SequenceTemplate.Empty, Around),
            _ => throw component.Bad($"the post-processor \"{type}\" is not supported"),
        };
    }

    private static SequenceTemplate Around(SequenceTemplate inner, SequenceTemplate outer) =>
        new([.. outer.Prefix, .. inner.Prefix], [.. inner.Suffix, .. outer.Suffix]);

    private static SequenceTemplate ReadTemplate(JsonReader component)
    {
        var (prefix, suffix, sequences) = (new List<int>(), new List<int>(), 0);
        foreach (var item in component.Require("single").Items())
        {
            if (item.TryGet("Sequence", out _))
            {
                sequences++;
                continue;
            }
            var name = item.Require("SpecialToken").Require("id").AsString();
            var ids = component.Require("special_tokens").Require(name).Require("ids").Items().Select(i => i.TokenId());
            (sequences == 0 ? prefix : suffix).AddRange(ids);
        }
        return sequences == 1
            ? new SequenceTemplate([.. prefix], [.. suffix])
            : throw component.Bad($"the template for a single text must hold it once, and holds it {sequences} times");
    }

    /// <summary>A pair of a token and its id.</summary>
    private static int PairId(JsonReader component, string key)
    {
        var pair = component.Require(key).Items().ToList();
        return pair.Count == 2 ? pair[1].TokenId() : throw component.Bad($"{key}: expected a token and its id");
    }
}
