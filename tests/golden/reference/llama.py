"""LLaMA 1 to 3: RMSNorm, rotary embeddings over whole heads, grouped queries, SwiGLU."""

from . import parts

EPS, THETA = 1e-6, 10000.0  # where the configuration says nothing


def head_dim(config):
    return config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]


def shapes(config):
    """Name -> shape of every parameter, in the order of the forward pass."""
    h, f, v = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    q, kv = config["num_attention_heads"] * head_dim(config), config["num_key_value_heads"] * head_dim(config)
    result = {"model.embed_tokens.weight": [v, h]}
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        result[layer + "input_layernorm.weight"] = [h]
        result[layer + "self_attn.q_proj.weight"] = [q, h]
        result[layer + "self_attn.k_proj.weight"] = [kv, h]
        result[layer + "self_attn.v_proj.weight"] = [kv, h]
        result[layer + "self_attn.o_proj.weight"] = [h, q]
        result[layer + "post_attention_layernorm.weight"] = [h]
        result[layer + "mlp.gate_proj.weight"] = [f, h]
        result[layer + "mlp.up_proj.weight"] = [f, h]
        result[layer + "mlp.down_proj.weight"] = [h, f]
    result["model.norm.weight"] = [h]
    if not config.get("tie_word_embeddings", False):
        result["lm_head.weight"] = [v, h]
    return result


def attention(config, weights, name, x):
    inverse = parts.inverse_frequencies(config.get("rope_theta", THETA), head_dim(config))
    q = parts.split_heads(parts.linear(weights, name + ".q_proj", x), config["num_attention_heads"])
    k = parts.split_heads(parts.linear(weights, name + ".k_proj", x), config["num_key_value_heads"])
    v = parts.split_heads(parts.linear(weights, name + ".v_proj", x), config["num_key_value_heads"])
    mixed = parts.causal_attention(parts.rotate(q, inverse), parts.rotate(k, inverse), v)
    return parts.linear(weights, name + ".o_proj", mixed)


def forward(config, weights, ids):
    """Logits [b, s, vocabulary] of right-padded ids [b, s]."""
    eps = config.get("rms_norm_eps", EPS)
    x = weights["model.embed_tokens.weight"][ids]
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        normal = parts.rms_norm(x, weights[layer + ".input_layernorm.weight"], eps)
        x = x + attention(config, weights, layer + ".self_attn", normal)
        normal = parts.rms_norm(x, weights[layer + ".post_attention_layernorm.weight"], eps)
        x = x + parts.gated_mlp(weights, layer + ".mlp", normal)
    x = parts.rms_norm(x, weights["model.norm.weight"], eps)
    return parts.head(weights, "lm_head", "model.embed_tokens", x)
