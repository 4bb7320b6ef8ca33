"""OLMo 2: LLaMA whose norms act on what each sub-layer returns, and on whole query and key vectors."""

from . import llama, parts
from .rope_scaling import frequencies


def shapes(config):
    h = config["hidden_size"]
    result = {}
    for name, shape in llama.shapes(config).items():
        if name.endswith("input_layernorm.weight"):
            layer = name[: -len("input_layernorm.weight")]
            result[layer + "self_attn.q_norm.weight"] = [llama.query_width(config)]
            result[layer + "self_attn.k_norm.weight"] = [llama.key_width(config)]
            result[layer + "post_feedforward_layernorm.weight"] = [h]
        else:
            result[name] = shape
    return result


def _attention(config, weights, name, x):
    eps = config["rms_norm_eps"]
    inverse, _ = frequencies(config, llama.head_dim(config), x.shape[1])
    q = parts.rms_norm(parts.linear(weights, name + ".q_proj", x), weights[name + ".q_norm.weight"], eps)
    k = parts.rms_norm(parts.linear(weights, name + ".k_proj", x), weights[name + ".k_norm.weight"], eps)
    q = parts.rotate(parts.split_heads(q, config["num_attention_heads"]), inverse)
    k = parts.rotate(parts.split_heads(k, config["num_key_value_heads"]), inverse)
    v = parts.split_heads(parts.linear(weights, name + ".v_proj", x), config["num_key_value_heads"])
    return parts.linear(weights, name + ".o_proj", parts.causal_attention(q, k, v))


def forward(config, weights, ids):
    eps = config["rms_norm_eps"]
    x = weights["model.embed_tokens.weight"][ids]
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        mixed = _attention(config, weights, layer + ".self_attn", x)
        x = x + parts.rms_norm(mixed, weights[layer + ".post_attention_layernorm.weight"], eps)
        fed = parts.gated_mlp(weights, layer + ".mlp", x)
        x = x + parts.rms_norm(fed, weights[layer + ".post_feedforward_layernorm.weight"], eps)
    return parts.head(weights, "lm_head", "model.embed_tokens", parts.rms_norm(x, weights["model.norm.weight"], eps))
