"""Mistral: LLaMA in which a query sees only the last `sliding_window` positions, itself included."""

from . import llama

shapes = llama.shapes


def forward(config, weights, ids):
    return llama.forward(config, weights, ids, lambda i: config["sliding_window"])
