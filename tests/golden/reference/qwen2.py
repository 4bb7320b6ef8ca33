"""Qwen2: LLaMA with biases on queries, keys and values; windows only if switched on, and only in the upper layers."""

from . import llama


def shapes(config):
    result = llama.shapes(config)
    for name in [name for name in result if name.endswith(("q_proj.weight", "k_proj.weight", "v_proj.weight"))]:
        result[name.replace(".weight", ".bias")] = result[name][:1]
    return result


def forward(config, weights, ids):
    def window(i):
        windowed = config["use_sliding_window"] and i >= config["max_window_layers"]
        return config["sliding_window"] if windowed else None

    return llama.forward(config, weights, ids, window)
