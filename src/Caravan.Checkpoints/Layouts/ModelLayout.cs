namespace Caravan.Checkpoints;

/// <summary>
/// The tensors that a model of a known architecture consists of, under Hugging Face's names and with the shapes that
/// its <c>config.json</c> gives them. What loaders compute themselves (rotary tables, masks) is not among them.
/// </summary>
internal sealed class ModelLayout
{
    private readonly ConfigObject _config;
    private readonly Dictionary<string, long[]> _shapes = [];

    private ModelLayout(ConfigObject config) => _config = config;

    /// <summary>Name to shape.</summary>
    public IReadOnlyDictionary<string, long[]> Shapes => _shapes;

    /// <summary>
    /// The head's weight that is the embedding again, and the embedding; null where the head is its own.
    /// </summary>
    public (string Head, string Embedding)? Tied { get; private set; }

    /// <summary>The prefix that files saved from a model without head lack.</summary>
    public string Prefix { get; private set; } = "model.";

    /// <summary>Null for an architecture that is not known here, or a configuration that gives no sizes.</summary>
    public static ModelLayout? Of(ModelConfigFile config)
    {
        if (!config.Has("vocab_size"))
            return null;
        var layout = new ModelLayout(config);
        switch (config.FindString("model_type"))
        {
            case "llama" or "mistral" or "qwen2" or "olmo" or "olmo2":
                layout.AddLlamaFamily(config.ModelType);
                break;
            case "gpt_neox":
                layout.AddGptNeoX();
                break;
            case "opt":
                layout.AddOpt();
                break;
            case "gpt2":
                layout.AddGpt2();
                break;
            default:
                return null;
        }
        return layout;
    }

    private void AddLlamaFamily(string type)
    {
        long h = _config.GetInt("hidden_size"), f = _config.GetInt("intermediate_size");
        long vocabulary = _config.GetInt("vocab_size");
        var heads = _config.GetInt("num_attention_heads");
        long d = _config.GetInt("head_dim", (int)h / Math.Max(heads, 1));
        long q = heads * d, kv = _config.GetInt("num_key_value_heads", heads) * d;
        var (attentionBias, mlpBias) = (_config.GetBool("attention_bias", false), _config.GetBool("mlp_bias", false));
        Add("model.embed_tokens", vocabulary, h);
        for (var i = 0; i < _config.GetInt("num_hidden_layers"); i++)
        {
            var layer = $"model.layers.{i}.";
            AddLinear($"{layer}self_attn.q_proj", q, h, attentionBias || type == "qwen2");
            AddLinear($"{layer}self_attn.k_proj", kv, h, attentionBias || type == "qwen2");
            AddLinear($"{layer}self_attn.v_proj", kv, h, attentionBias || type == "qwen2");
            AddLinear($"{layer}self_attn.o_proj", h, q, attentionBias && type != "qwen2");
            AddLinear($"{layer}mlp.gate_proj", f, h, mlpBias);
            AddLinear($"{layer}mlp.up_proj", f, h, mlpBias);
            AddLinear($"{layer}mlp.down_proj", h, f, mlpBias);
            if (type == "olmo2")
            {
                Add($"{layer}self_attn.q_norm", q);
                Add($"{layer}self_attn.k_norm", kv);
                Add($"{layer}post_feedforward_layernorm", h);
            }
            else if (type != "olmo")
            {
                Add($"{layer}input_layernorm", h);
            }
            if (type != "olmo")
                Add($"{layer}post_attention_layernorm", h);
        }
        if (type != "olmo")
            Add("model.norm", h);
        AddHead("lm_head", "model.embed_tokens", vocabulary, h, tiedByDefault: false);
    }

    private void AddGptNeoX()
    {
        Prefix = "gpt_neox.";
        long h = _config.GetInt("hidden_size"), f = _config.GetInt("intermediate_size");
        long vocabulary = _config.GetInt("vocab_size");
        var bias = _config.GetBool("attention_bias", true);
        Add("gpt_neox.embed_in", vocabulary, h);
        for (var i = 0; i < _config.GetInt("num_hidden_layers"); i++)
        {
            var layer = $"gpt_neox.layers.{i}.";
            AddNorm($"{layer}input_layernorm", h);
            AddNorm($"{layer}post_attention_layernorm", h);
            AddLinear($"{layer}attention.query_key_value", 3 * h, h, bias);
            AddLinear($"{layer}attention.dense", h, h, bias);
            AddLinear($"{layer}mlp.dense_h_to_4h", f, h, true);
            AddLinear($"{layer}mlp.dense_4h_to_h", h, f, true);
        }
        AddNorm("gpt_neox.final_layer_norm", h);
        AddHead("embed_out", "gpt_neox.embed_in", vocabulary, h, tiedByDefault: false);
    }

    private void AddOpt()
    {
        long h = _config.GetInt("hidden_size"), f = _config.GetInt("ffn_dim");
        long vocabulary = _config.GetInt("vocab_size");
        long e = _config.GetInt("word_embed_proj_dim", (int)h);
        var bias = _config.GetBool("enable_bias", true);
        var affine = _config.GetBool("layer_norm_elementwise_affine", true);
        const string decoder = "model.decoder.";
        Add($"{decoder}embed_tokens", vocabulary, e);
        Add($"{decoder}embed_positions", _config.GetInt("max_position_embeddings") + 2, h);
        if (e != h)
        {
            Add($"{decoder}project_in", h, e);
            Add($"{decoder}project_out", e, h);
        }
        for (var i = 0; i < _config.GetInt("num_hidden_layers"); i++)
        {
            var layer = $"{decoder}layers.{i}.";
            foreach (var name in new[] { "q_proj", "k_proj", "v_proj", "out_proj" })
                AddLinear($"{layer}self_attn.{name}", h, h, bias);
            AddLinear($"{layer}fc1", f, h, bias);
            AddLinear($"{layer}fc2", h, f, bias);
            if (affine)
            {
                AddNorm($"{layer}self_attn_layer_norm", h);
                AddNorm($"{layer}final_layer_norm", h);
            }
        }
        if (affine && _config.GetBool("do_layer_norm_before", true)
            && !_config.GetBool("_remove_final_layer_norm", false))
        {
            AddNorm($"{decoder}final_layer_norm", h);
        }
        AddHead("lm_head", $"{decoder}embed_tokens", vocabulary, e, tiedByDefault: true);
    }

    private void AddGpt2()
    {
        Prefix = "transformer.";
        long h = _config.GetInt("n_embd"), vocabulary = _config.GetInt("vocab_size");
        long f = _config.GetInt("n_inner", 4 * (int)h);
        Add("transformer.wte", vocabulary, h);
        Add("transformer.wpe", _config.GetInt("n_positions"), h);
        for (var i = 0; i < _config.GetInt("n_layer"); i++)
        {
            var layer = $"transformer.h.{i}.";
            AddNorm($"{layer}ln_1", h);
            AddNorm($"{layer}ln_2", h);
            // GPT-2 keeps its matrices [in, out].
            AddTransposed($"{layer}attn.c_attn", h, 3 * h);
            AddTransposed($"{layer}attn.c_proj", h, h);
            AddTransposed($"{layer}mlp.c_fc", h, f);
            AddTransposed($"{layer}mlp.c_proj", f, h);
        }
        AddNorm("transformer.ln_f", h);
        AddHead("lm_head", "transformer.wte", vocabulary, h, tiedByDefault: true);
    }

    private void AddHead(string name, string embedding, long vocabulary, long h, bool tiedByDefault)
    {
        var architecture = _config.GetStrings("architectures") is [var first, ..] ? first : "";
        if (architecture.EndsWith("Classification", StringComparison.Ordinal))
        {
            var labels = _config.FindObject("id2label")?.Keys.Count() ?? _config.GetInt("num_labels", 2);
            AddLinear("score", labels, h, architecture.Contains("Token", StringComparison.Ordinal));
        }
        else if (!architecture.EndsWith("Model", StringComparison.Ordinal)
            || architecture.Contains("LMHead", StringComparison.Ordinal))
        {
            Add(name, vocabulary, h);
            if (_config.GetBool("tie_word_embeddings", tiedByDefault))
                Tied = ($"{name}.weight", $"{embedding}.weight");
        }
    }

    private void Add(string module, params long[] shape) => _shapes.Add($"{module}.weight", shape);

    private void AddLinear(string module, long output, long input, bool bias)
    {
        Add(module, output, input);
        if (bias)
            _shapes.Add($"{module}.bias", [output]);
    }

    private void AddTransposed(string module, long input, long output)
    {
        Add(module, input, output);
        _shapes.Add($"{module}.bias", [output]);
    }

    private void AddNorm(string module, long size)
    {
        Add(module, size);
        _shapes.Add($"{module}.bias", [size]);
    }
}
