namespace Caravan.Checkpoints;

/// <summary>EasyLM's names of a LLaMA's parameters and Hugging Face's.</summary>
internal static class EasyLmNames
{
    private static readonly (string EasyLm, string HuggingFace, EasyLmLayout Layout)[] Whole =
    [
        ("transformer/wte/embedding", "model.embed_tokens.weight", EasyLmLayout.Same),
        ("transformer/ln_f/kernel", "model.norm.weight", EasyLmLayout.Same),
        ("lm_head/kernel", "lm_head.weight", EasyLmLayout.Transposed),
        ("score/kernel", "score.weight", EasyLmLayout.Transposed),
    ];

    private static readonly (string EasyLm, string HuggingFace, EasyLmLayout Layout)[] OfLayer =
    [
        ("attention/wq/kernel", "self_attn.q_proj.weight", EasyLmLayout.Queries),
        ("attention/wk/kernel", "self_attn.k_proj.weight", EasyLmLayout.Keys),
        ("attention/wv/kernel", "self_attn.v_proj.weight", EasyLmLayout.Transposed),
        ("attention/wo/kernel", "self_attn.o_proj.weight", EasyLmLayout.Transposed),
        ("feed_forward/w1/kernel", "mlp.gate_proj.weight", EasyLmLayout.Transposed),
        ("feed_forward/w2/kernel", "mlp.down_proj.weight", EasyLmLayout.Transposed),
        ("feed_forward/w3/kernel", "mlp.up_proj.weight", EasyLmLayout.Transposed),
        ("attention_norm/kernel", "input_layernorm.weight", EasyLmLayout.Same),
        ("ffn_norm/kernel", "post_attention_layernorm.weight", EasyLmLayout.Same),
    ];

    /// <summary>The other name of an EasyLM parameter, and how its numbers lie; null for optimizer states.</summary>
    public static (string Name, EasyLmLayout Layout)? ToHuggingFace(string name)
    {
        if (Array.Find(Whole, row => row.EasyLm == name) is { EasyLm: not null } whole)
            return (whole.HuggingFace, whole.Layout);
        return Split(name, "transformer/h/", '/') is var (layer, rest)
            && Array.Find(OfLayer, row => row.EasyLm == rest) is { EasyLm: not null } found
            ? ($"model.layers.{layer}.{found.HuggingFace}", found.Layout) : null;
    }

    /// <summary>The other name of a Hugging Face parameter; null if EasyLM has none.</summary>
    public static (string Name, EasyLmLayout Layout)? ToEasyLm(string name)
    {
        if (Array.Find(Whole, row => row.HuggingFace == name) is { EasyLm: not null } whole)
            return (whole.EasyLm, whole.Layout);
        return Split(name, "model.layers.", '.') is var (layer, rest)
            && Array.Find(OfLayer, row => row.HuggingFace == rest) is { EasyLm: not null } found
            ? ($"transformer/h/{layer}/{found.EasyLm}", found.Layout) : null;
    }

    private static (int Layer, string Name)? Split(string name, string prefix, char separator)
    {
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        var end = name.IndexOf(separator, prefix.Length);
        return end > 0 && int.TryParse(name.AsSpan(prefix.Length, end - prefix.Length), out var layer) && layer >= 0
            ? (layer, name[(end + 1)..]) : null;
    }
}
