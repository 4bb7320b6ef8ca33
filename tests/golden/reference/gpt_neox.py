"""GPT-NeoX (Pythia): layer norms, query, key and value interleaved per head, rotary embeddings over part of a head."""

import torch
import torch.nn.functional as F

from . import parts


def shapes(config):
    h, f, v = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    result = {"gpt_neox.embed_in.weight": [v, h]}
    for i in range(config["num_hidden_layers"]):
        layer = f"gpt_neox.layers.{i}."
        for name, out, into in [("attention.query_key_value", 3 * h, h), ("attention.dense", h, h),
                                ("mlp.dense_h_to_4h", f, h), ("mlp.dense_4h_to_h", h, f)]:
            result[f"{layer}{name}.weight"], result[f"{layer}{name}.bias"] = [out, into], [out]
        for name in ("input_layernorm", "post_attention_layernorm"):
            result[f"{layer}{name}.weight"], result[f"{layer}{name}.bias"] = [h], [h]
    result["gpt_neox.final_layer_norm.weight"], result["gpt_neox.final_layer_norm.bias"] = [h], [h]
    result["embed_out.weight"] = [v, h]
    return result


def _attention(config, weights, name, x):
    b, s, h = x.shape
    heads = config["num_attention_heads"]
    fused = parts.linear(weights, name + ".query_key_value", x).view(b, s, heads, 3 * (h // heads))
    q, k, v = (t.transpose(1, 2) for t in torch.chunk(fused, 3, -1))
    inverse = parts.inverse_frequencies(config["rotary_emb_base"], int(h // heads * config["rotary_pct"]))
    mixed = parts.causal_attention(parts.rotate(q, inverse), parts.rotate(k, inverse), v)
    return parts.linear(weights, name + ".dense", mixed)


def _mlp(weights, name, x):
    return parts.linear(weights, name + ".dense_4h_to_h", F.gelu(parts.linear(weights, name + ".dense_h_to_4h", x)))


def forward(config, weights, ids):
    eps = config["layer_norm_eps"]
    x = weights["gpt_neox.embed_in.weight"][ids]
    for i in range(config["num_hidden_layers"]):
        layer = f"gpt_neox.layers.{i}"
        normal = parts.named_layer_norm(weights, layer + ".input_layernorm", x, eps)
        attended = x + _attention(config, weights, layer + ".attention", normal)
        before_mlp = x if config["use_parallel_residual"] else attended
        normal = parts.named_layer_norm(weights, layer + ".post_attention_layernorm", before_mlp, eps)
        x = attended + _mlp(weights, layer + ".mlp", normal)
    return F.linear(parts.named_layer_norm(weights, "gpt_neox.final_layer_norm", x, eps), weights["embed_out.weight"])
