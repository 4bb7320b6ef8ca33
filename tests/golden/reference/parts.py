"""The parts that the architectures share. Shapes: b documents, s positions, n heads, d head dimensions."""

import math

import torch
import torch.nn.functional as F


def linear(weights, name, x):
    return F.linear(x, weights[name + ".weight"], weights.get(name + ".bias"))


def rms_norm(x, weight, eps):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * weight


def layer_norm(x, weight, bias, eps):
    """With the biased variance. `weight` and `bias` may be None."""
    centred = x - x.mean(-1, keepdim=True)
    normal = centred / torch.sqrt((centred * centred).mean(-1, keepdim=True) + eps)
    if weight is not None:
        normal = normal * weight
    return normal if bias is None else normal + bias


def named_layer_norm(weights, name, x, eps):
    return layer_norm(x, weights.get(name + ".weight"), weights.get(name + ".bias"), eps)


def split_heads(x, heads):
    b, s, width = x.shape
    return x.view(b, s, heads, width // heads).transpose(1, 2)  # [b, n, s, d]


def join_heads(x):
    b, n, s, d = x.shape
    return x.transpose(1, 2).reshape(b, s, n * d)


def inverse_frequencies(theta, dims):
    return theta ** (-torch.arange(0, dims, 2, dtype=torch.float64) / dims)


def rotate(x, inverse_frequency, scale=1.0):
    """Rotary embedding of the first 2 * len(inverse_frequency) dimensions of x [b, n, s, d]; pairs are (j, j + half).

    Positions count from 0. `scale` multiplies cosines and sines (YaRN's attention factor)."""
    half = len(inverse_frequency)
    angle = torch.arange(x.shape[2], dtype=torch.float64)[:, None] * inverse_frequency  # [s, half]
    cos, sin = (angle.cos() * scale).to(x.dtype), (angle.sin() * scale).to(x.dtype)
    first, second, rest = x[..., :half], x[..., half : 2 * half], x[..., 2 * half :]
    return torch.cat([first * cos - second * sin, second * cos + first * sin, rest], -1)


def causal_attention(q, k, v, window=None):
    """Softmax attention [b, n, s, d]. Consecutive query heads share a key head; a query sees itself and the
    `window` - 1 positions before it, or all of them."""
    shared = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(shared, 1), v.repeat_interleave(shared, 1)
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    position = torch.arange(q.shape[2])
    distance = position[:, None] - position[None, :]
    visible = distance >= 0 if window is None else (distance >= 0) & (distance < window)
    return join_heads(scores.masked_fill(~visible, -math.inf).softmax(-1) @ v)


def gated_mlp(weights, name, x):
    """SwiGLU: down(silu(gate(x)) * up(x))."""
    gate = linear(weights, name + ".gate_proj", x)
    return linear(weights, name + ".down_proj", gate * torch.sigmoid(gate) * linear(weights, name + ".up_proj", x))


def head(weights, name, embedding, x):
    """The logits; a tied head has no weight of its own."""
    return F.linear(x, weights.get(name + ".weight", weights[embedding + ".weight"]))
