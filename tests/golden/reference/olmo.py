"""OLMo 1: LLaMA with layer norms that have no parameters, and queries, keys and values clamped to a range."""

from . import llama, parts
from .rope_scaling import frequencies

EPS = 1e-5  # no key of the configuration


def shapes(config):
    return {name: shape for name, shape in llama.shapes(config).items() if "norm" not in name}


def _attention(config, weights, name, x):
    def project(which, heads):
        values = parts.linear(weights, f"{name}.{which}_proj", x)
        if config["clip_qkv"] is not None:
            values = values.clamp(-config["clip_qkv"], config["clip_qkv"])
        return parts.split_heads(values, heads)

    inverse, _ = frequencies(config, llama.head_dim(config), x.shape[1])
    q, k, v = (project(which, config[heads]) for which, heads in
               [("q", "num_attention_heads"), ("k", "num_key_value_heads"), ("v", "num_key_value_heads")])
    mixed = parts.causal_attention(parts.rotate(q, inverse), parts.rotate(k, inverse), v)
    return parts.linear(weights, name + ".o_proj", mixed)


def forward(config, weights, ids):
    x = weights["model.embed_tokens.weight"][ids]
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        x = x + _attention(config, weights, layer + ".self_attn", parts.layer_norm(x, None, None, EPS))
        x = x + parts.gated_mlp(weights, layer + ".mlp", parts.layer_norm(x, None, None, EPS))
    return parts.head(weights, "lm_head", "model.embed_tokens", parts.layer_norm(x, None, None, EPS))
