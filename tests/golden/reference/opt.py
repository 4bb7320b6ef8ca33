"""OPT, without dropout: learned positions, ReLU; norms before or (350m) after each sub-layer, projections around it."""

import torch
import torch.nn.functional as F

from . import parts

EPS, POSITION_OFFSET = 1e-5, 2
DECODER = "model.decoder."


def _norm_shapes(config, name):
    if not config["layer_norm_elementwise_affine"]:
        return {}
    return {name + ".weight": [config["hidden_size"]], name + ".bias": [config["hidden_size"]]}


def shapes(config):
    h, f, e = config["hidden_size"], config["ffn_dim"], config["word_embed_proj_dim"]
    result = {
        DECODER + "embed_tokens.weight": [config["vocab_size"], e],
        DECODER + "embed_positions.weight": [config["max_position_embeddings"] + POSITION_OFFSET, h],
    }
    if e != h:
        result[DECODER + "project_in.weight"], result[DECODER + "project_out.weight"] = [h, e], [e, h]
    for i in range(config["num_hidden_layers"]):
        layer = f"{DECODER}layers.{i}."
        matrices = {f"self_attn.{which}_proj": [h, h] for which in ("q", "k", "v", "out")}
        for name, shape in {**matrices, "fc1": [f, h], "fc2": [h, f]}.items():
            result[f"{layer}{name}.weight"] = shape
            if config["enable_bias"]:
                result[f"{layer}{name}.bias"] = shape[:1]
        result.update(_norm_shapes(config, layer + "self_attn_layer_norm"))
        result.update(_norm_shapes(config, layer + "final_layer_norm"))
    if _has_final_norm(config):
        result.update(_norm_shapes(config, DECODER + "final_layer_norm"))
    return result


def _has_final_norm(config):
    return config["do_layer_norm_before"] and not config["_remove_final_layer_norm"]


def _attention(config, weights, name, x):
    q, k, v = (parts.split_heads(parts.linear(weights, f"{name}.{which}_proj", x), config["num_attention_heads"])
               for which in "qkv")
    return parts.linear(weights, name + ".out_proj", parts.causal_attention(q, k, v))


def _mlp(weights, layer, x):
    return parts.linear(weights, layer + ".fc2", torch.relu(parts.linear(weights, layer + ".fc1", x)))


def _add(config, weights, norm, sublayer, x):
    """The residual connection, with the norm on the way in or on the sum."""
    if config["do_layer_norm_before"]:
        return x + sublayer(parts.named_layer_norm(weights, norm, x, EPS))
    return parts.named_layer_norm(weights, norm, x + sublayer(x), EPS)


def forward(config, weights, ids):
    embedding = weights[DECODER + "embed_tokens.weight"]
    x = F.embedding(ids, embedding, padding_idx=config["pad_token_id"])  # this row learns through the head alone
    if DECODER + "project_in.weight" in weights:
        x = parts.linear(weights, DECODER + "project_in", x)
    x = x + weights[DECODER + "embed_positions.weight"][POSITION_OFFSET : POSITION_OFFSET + ids.shape[1]]
    for i in range(config["num_hidden_layers"]):
        layer = f"{DECODER}layers.{i}"
        x = _add(config, weights, layer + ".self_attn_layer_norm",
                 lambda y: _attention(config, weights, layer + ".self_attn", y), x)
        x = _add(config, weights, layer + ".final_layer_norm", lambda y: _mlp(weights, layer, y), x)
    if _has_final_norm(config):
        x = parts.named_layer_norm(weights, DECODER + "final_layer_norm", x, EPS)
    if DECODER + "project_out.weight" in weights:
        x = parts.linear(weights, DECODER + "project_out", x)
    return F.linear(x, embedding)
