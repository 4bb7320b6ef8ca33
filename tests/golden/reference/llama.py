"""LLaMA 1 to 3: RMSNorm, rotary embeddings over whole heads, grouped queries, SwiGLU. Mistral and Qwen2 build on it."""

from . import parts
from .rope_scaling import frequencies


def head_dim(config):
    return config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]


def query_width(config):
    return config["num_attention_heads"] * head_dim(config)


def key_width(config):
    return config.get("num_key_value_heads", config["num_attention_heads"]) * head_dim(config)


def shapes(config):
    """Name -> shape of every parameter, in the order of the forward pass."""
    h, f, v = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    q, kv = query_width(config), key_width(config)
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


def attention(config, weights, name, x, window=None):
    inverse, scale = frequencies(config, head_dim(config), x.shape[1])
    key_heads = key_width(config) // head_dim(config)
    q = parts.split_heads(parts.linear(weights, name + ".q_proj", x), config["num_attention_heads"])
    k = parts.split_heads(parts.linear(weights, name + ".k_proj", x), key_heads)
    v = parts.split_heads(parts.linear(weights, name + ".v_proj", x), key_heads)
    q, k = parts.rotate(q, inverse, scale), parts.rotate(k, inverse, scale)
    return parts.linear(weights, name + ".o_proj", parts.causal_attention(q, k, v, window))


def hidden_states(config, weights, ids, window_of_layer=lambda i: None):
    """What the head sees, [b, s, hidden], of right-padded ids [b, s]."""
    eps = config["rms_norm_eps"]
    x = weights["model.embed_tokens.weight"][ids]
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        normal = parts.rms_norm(x, weights[layer + ".input_layernorm.weight"], eps)
        x = x + attention(config, weights, layer + ".self_attn", normal, window_of_layer(i))
        normal = parts.rms_norm(x, weights[layer + ".post_attention_layernorm.weight"], eps)
        x = x + parts.gated_mlp(weights, layer + ".mlp", normal)
    return parts.rms_norm(x, weights["model.norm.weight"], eps)


def forward(config, weights, ids, window_of_layer=lambda i: None):
    """Logits [b, s, vocabulary] of right-padded ids [b, s]."""
    x = hidden_states(config, weights, ids, window_of_layer)
    return parts.head(weights, "lm_head", "model.embed_tokens", x)
