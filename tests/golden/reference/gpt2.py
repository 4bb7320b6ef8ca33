"""GPT-2, without dropout: learned positions, matrices stored [in, out], tanh-approximated GELU, a tied head."""

import math

import torch
import torch.nn.functional as F

from . import parts


def shapes(config):
    h, f = config["n_embd"], config["n_inner"] or 4 * config["n_embd"]
    result = {"transformer.wte.weight": [config["vocab_size"], h], "transformer.wpe.weight": [config["n_positions"], h]}
    for i in range(config["n_layer"]):
        layer = f"transformer.h.{i}."
        for name, into, out in [("attn.c_attn", h, 3 * h), ("attn.c_proj", h, h), ("mlp.c_fc", h, f),
                                ("mlp.c_proj", f, h)]:
            result[f"{layer}{name}.weight"], result[f"{layer}{name}.bias"] = [into, out], [out]
        for name in ("ln_1", "ln_2"):
            result[f"{layer}{name}.weight"], result[f"{layer}{name}.bias"] = [h], [h]
    result["transformer.ln_f.weight"], result["transformer.ln_f.bias"] = [h], [h]
    return result


def _linear(weights, name, x):
    return x @ weights[name + ".weight"] + weights[name + ".bias"]


def _attention(config, weights, name, x):
    q, k, v = (parts.split_heads(t, config["n_head"])
               for t in torch.chunk(_linear(weights, name + ".c_attn", x), 3, -1))
    return _linear(weights, name + ".c_proj", parts.causal_attention(q, k, v))


def _mlp(weights, name, x):
    y = _linear(weights, name + ".c_fc", x)
    y = 0.5 * y * (1 + torch.tanh(math.sqrt(2 / math.pi) * (y + 0.044715 * y ** 3)))
    return _linear(weights, name + ".c_proj", y)


def forward(config, weights, ids):
    eps = config["layer_norm_epsilon"]
    x = weights["transformer.wte.weight"][ids] + weights["transformer.wpe.weight"][: ids.shape[1]]
    for i in range(config["n_layer"]):
        layer = f"transformer.h.{i}"
        x = x + _attention(config, weights, layer + ".attn",
                           parts.named_layer_norm(weights, layer + ".ln_1", x, eps))
        x = x + _mlp(weights, layer + ".mlp", parts.named_layer_norm(weights, layer + ".ln_2", x, eps))
    x = parts.named_layer_norm(weights, "transformer.ln_f", x, eps)
    return F.linear(x, weights["transformer.wte.weight"])
