#!/usr/bin/env python3
"""Trains a randomly initialised LLaMA in eager PyTorch and prints one line of JSON with its speed and memory.

    python3 bench/peers/torch_llama.py --preset 15M --precision bf16 --threads 2

It is what a careful person writes without custom kernels: nn.Module, fp32 parameters (under bf16 autocast or not),
attention that builds the matrix of scores, cross-entropy over whole logits, torch.optim.AdamW with clipping.
All steps see the same random batch, so the loss falls when training works.
"""

import argparse
import json
import math
import os
import resource
import statistics
import time

os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx512")  # older PyTorch stays on AVX2 otherwise; read at import

import torch
import torch.nn.functional as F
from torch import nn

PRESETS = {
    "15M": dict(dim=288, layers=6, heads=6, kv_heads=6, mlp=768, vocab=32000, batch=8, seq=512),
    "110M": dict(dim=768, layers=12, heads=12, kv_heads=12, mlp=2048, vocab=32000, batch=2, seq=1024),
}


class RMSNorm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        wide = x.float()
        return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-5)).to(x.dtype) * self.weight


def rotary(x, cos, sin):
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


class Attention(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = a.heads, a.kv_heads, a.dim // a.heads
        self.q = nn.Linear(a.dim, a.dim, bias=False)
        self.k = nn.Linear(a.dim, self.kv_heads * self.head_dim, bias=False)
        self.v = nn.Linear(a.dim, self.kv_heads * self.head_dim, bias=False)
        self.o = nn.Linear(a.dim, a.dim, bias=False)

    def forward(self, x, cos, sin, mask):
        b, s, _ = x.shape
        q = rotary(self.q(x).view(b, s, self.heads, self.head_dim).transpose(1, 2), cos, sin)
        k = rotary(self.k(x).view(b, s, self.kv_heads, self.head_dim).transpose(1, 2), cos, sin)
        v = self.v(x).view(b, s, self.kv_heads, self.head_dim).transpose(1, 2)
        if self.kv_heads < self.heads:
            k = k.repeat_interleave(self.heads // self.kv_heads, 1)
            v = v.repeat_interleave(self.heads // self.kv_heads, 1)
        scores = q @ k.transpose(-1, -2) / math.sqrt(self.head_dim) + mask
        mixed = F.softmax(scores, -1, dtype=torch.float32).to(v.dtype) @ v
        return self.o(mixed.transpose(1, 2).reshape(b, s, -1))


class Block(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.norm1, self.attention, self.norm2 = RMSNorm(a.dim), Attention(a), RMSNorm(a.dim)
        self.gate = nn.Linear(a.dim, a.mlp, bias=False)
        self.up = nn.Linear(a.dim, a.mlp, bias=False)
        self.down = nn.Linear(a.mlp, a.dim, bias=False)

    def forward(self, x, cos, sin, mask):
        x = x + self.attention(self.norm1(x), cos, sin, mask)
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Llama(nn.Module):
    """With the output head tied to the embedding."""

    def __init__(self, a):
        super().__init__()
        self.embedding = nn.Embedding(a.vocab, a.dim)
        self.blocks = nn.ModuleList(Block(a) for _ in range(a.layers))
        self.norm = RMSNorm(a.dim)
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)
        head_dim = a.dim // a.heads
        inverse = 10000.0 ** (-torch.arange(0, head_dim, 2) / head_dim)
        angle = torch.arange(a.seq)[:, None] * torch.cat([inverse, inverse])
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())
        self.register_buffer("mask", torch.full((a.seq, a.seq), -math.inf).triu(1))

    def forward(self, ids):
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x, self.cos, self.sin, self.mask)
        return F.linear(self.norm(x), self.embedding.weight)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=PRESETS, default="15M")
    for name in ("dim", "layers", "heads", "kv-heads", "mlp", "vocab", "batch", "seq"):
        parser.add_argument(f"--{name}", type=int, help="instead of the preset's")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="bf16", help="bf16: autocast")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=2, help="steps before the clock starts")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=1)
    found = parser.parse_args()
    for name, value in PRESETS[found.preset].items():
        if getattr(found, name) is None:
            setattr(found, name, value)
    return found


def main():
    a = arguments()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    model = Llama(a)
    optimizer = torch.optim.AdamW(model.parameters(), lr=a.learning_rate, betas=(0.9, 0.999), weight_decay=0.0)
    text = torch.randint(a.vocab, (a.batch, a.seq + 1))
    ids, targets = text[:, :-1].contiguous(), text[:, 1:].contiguous()

    losses, seconds = [], []
    for step in range(a.warmup + a.steps):
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=a.precision == "bf16"):
            logits = model(ids)
        loss = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(round(loss.item(), 5))
        if step >= a.warmup:
            seconds.append(time.perf_counter() - start)

    tokens = a.batch * a.seq
    parameters = sum(p.numel() for p in model.parameters())
    rates = [tokens / s for s in seconds]
    attention = 12 * a.layers * a.dim * a.seq  # per token, forward and backward, the whole square of scores
    median = statistics.median(rates)
    print(json.dumps({
        "peer": "torch_llama", "torch": torch.__version__, "preset": a.preset, "precision": a.precision,
        "threads": a.threads, "dim": a.dim, "layers": a.layers, "heads": a.heads, "kv_heads": a.kv_heads,
        "mlp": a.mlp, "vocab": a.vocab, "batch": a.batch, "seq": a.seq, "parameters": parameters,
        "steps": a.steps, "warmup": a.warmup,
        "tokens_per_second": {"median": round(median, 1), "min": round(min(rates), 1), "max": round(max(rates), 1)},
        "gflops": round(median * (6 * parameters + attention) / 1e9, 1),
        "gflops_counting_causal_half": round(median * (6 * parameters + attention / 2) / 1e9, 1),
        "peak_resident_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "losses": losses,
    }))


if __name__ == "__main__":
    main()
