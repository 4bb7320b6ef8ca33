"""Rotary frequencies of LLaMA-like configurations, with the published ways to stretch them over longer texts.

linear: Chen et al. 2023; dynamic: "NTK-aware" base change; llama3: Llama 3.1; yarn: Peng et al. 2023.
"""

import math

import torch

from .parts import inverse_frequencies

DEFAULT_THETA = 10000.0


def _settings(config):
    """(theta, kind, scaling): newer configurations hold everything in rope_parameters."""
    new = config.get("rope_parameters") or {}
    scaling = new or config.get("rope_scaling") or {}
    theta = new.get("rope_theta", config.get("rope_theta", DEFAULT_THETA))
    return theta, scaling.get("rope_type", scaling.get("type", "default")), scaling


def frequencies(config, dims, length):
    """(inverse frequencies [dims / 2], factor of cosines and sines) for a text of `length` positions."""
    theta, kind, scaling = _settings(config)
    plain = inverse_frequencies(theta, dims)
    if kind == "default":
        return plain, 1.0
    if kind == "linear":
        return plain / scaling["factor"], 1.0
    if kind == "dynamic":
        return _dynamic(theta, dims, scaling["factor"], length, config["max_position_embeddings"]), 1.0
    if kind == "llama3":
        return _llama3(plain, scaling), 1.0
    if kind == "yarn":
        return _yarn(theta, dims, plain, scaling, config)
    raise ValueError(kind)


def _dynamic(theta, dims, factor, length, trained_length):
    if length > trained_length:
        theta = theta * (factor * length / trained_length - (factor - 1)) ** (dims / (dims - 2))
    return inverse_frequencies(theta, dims)


def _llama3(plain, scaling):
    original, low, high = (scaling[key] for key in
                           ("original_max_position_embeddings", "low_freq_factor", "high_freq_factor"))
    result = plain.clone()
    for j, frequency in enumerate(plain.tolist()):
        wavelength = 2 * math.pi / frequency
        if wavelength > original / low:
            result[j] = frequency / scaling["factor"]
        elif wavelength >= original / high:
            t = (original / wavelength - low) / (high - low)
            result[j] = frequency * ((1 - t) / scaling["factor"] + t)
    return result


def _yarn(theta, dims, plain, scaling, config):
    factor = scaling["factor"]
    original = scaling.get("original_max_position_embeddings") or config["max_position_embeddings"]

    def dimension_that_turns(times):  # that often over the original length
        return dims * math.log(original / (times * 2 * math.pi)) / (2 * math.log(theta))

    first = max(math.floor(dimension_that_turns(scaling.get("beta_fast", 32))), 0)
    last = min(math.ceil(dimension_that_turns(scaling.get("beta_slow", 1))), dims - 1)
    slow = ((torch.arange(dims // 2, dtype=torch.float64) - first) / max(last - first, 0.001)).clamp(0, 1)
    attention_factor = scaling.get("attention_factor") or 0.1 * math.log(factor) + 1
    return plain / factor * slow + plain * (1 - slow), attention_factor
