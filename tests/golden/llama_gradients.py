#!/usr/bin/env python3
"""Makes tests/golden/llama/{grouped,tied}: logits, loss, every gradient and five AdamW updates of two tiny LLaMAs.

    python3 tests/golden/llama_gradients.py        # PyTorch >= 1.13, numpy; a few seconds; same bytes on every run

Each directory is a Hugging Face model directory (config.json, model.safetensors) with two more files:

expected.safetensors (numbers of document n = 0, 1, 2; L its length, V the vocabulary)
  input_ids.n, labels.n    int64 [L]        labels are not shifted; -100 carries no loss
  logits.n                 float32 [L, V]
  loss                     float32 []       sum of cross-entropies of all shifted targets / their number
  gradient.<parameter>     float32          of that loss, for every parameter of the model
  adamw.loss, adamw.gradient_norm, adamw.learning_rate      float64 [updates]: before each update; norm before clipping
  adamw.parameter.<name>   float32          after the last update

expected.json: the tolerances, the number of targets, the settings of the updates.
"""

import math
import pathlib

import torch

from reference import llama, record

HERE = pathlib.Path(__file__).parent
SCRIPT = "tests/golden/llama_gradients.py"

GROUPED = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 97, "hidden_size": 24,
    "intermediate_size": 52, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
    "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
    "tie_word_embeddings": False, "attention_bias": False, "mlp_bias": False, "bos_token_id": 1, "eos_token_id": 2,
    "torch_dtype": "float32",
}

# Heads that together are wider than the model, one key head for all of them, another rotary base.
TIED = {
    **GROUPED, "vocab_size": 61, "hidden_size": 20, "intermediate_size": 36, "num_hidden_layers": 2,
    "num_attention_heads": 3, "num_key_value_heads": 1, "head_dim": 8, "rms_norm_eps": 1e-6, "rope_theta": 500000.0,
    "tie_word_embeddings": True,
}

UPDATES = {
    "updates": 5, "learning_rate": 5e-3, "schedule": "linear", "warmup_updates": 2, "betas": [0.9, 0.999], "eps": 1e-8,
    "weight_decay": 0.1, "weight_decay_on": "tensors of two dimensions", "max_gradient_norm": 3.5,
    "batch": "all documents, in every update",
}


def learning_rate(update):
    """Linear from 0 over the warm-up, then linear to 0 at the end; update 0 has rate 0."""
    total, warmup = UPDATES["updates"], UPDATES["warmup_updates"]
    factor = update / warmup if update < warmup else (total - update) / (total - warmup)
    return UPDATES["learning_rate"] * factor


def adamw(config, weights, documents, dtype):
    """Five updates, written out rather than left to torch.optim. Returns the adamw.* tensors."""
    beta1, beta2 = UPDATES["betas"]
    weights = {name: value.detach().to(dtype) for name, value in weights.items()}
    mean = {name: torch.zeros_like(value) for name, value in weights.items()}
    square = {name: torch.zeros_like(value) for name, value in weights.items()}
    losses, norms, rates = [], [], []
    for update in range(UPDATES["updates"]):
        _, loss, gradients = record.compute(llama.forward, config, weights, documents, dtype)
        norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients.values()))
        clip = min(1.0, UPDATES["max_gradient_norm"] / (norm + 1e-6))
        rate = learning_rate(update)
        for name, gradient in gradients.items():
            gradient = gradient * clip
            mean[name] = beta1 * mean[name] + (1 - beta1) * gradient
            square[name] = beta2 * square[name] + (1 - beta2) * gradient ** 2
            unbiased_mean = mean[name] / (1 - beta1 ** (update + 1))
            unbiased_square = square[name] / (1 - beta2 ** (update + 1))
            decay = UPDATES["weight_decay"] if weights[name].dim() == 2 else 0.0
            weights[name] = (weights[name] * (1 - rate * decay)
                             - rate * unbiased_mean / (unbiased_square.sqrt() + UPDATES["eps"]))
        losses.append(float(loss))
        norms.append(norm)
        rates.append(rate)
    return {
        "adamw.loss": torch.tensor(losses, dtype=torch.float64),
        "adamw.gradient_norm": torch.tensor(norms, dtype=torch.float64),
        "adamw.learning_rate": torch.tensor(rates, dtype=torch.float64),
        **{f"adamw.parameter.{name}": value.float() for name, value in weights.items()},
    }


def library_adamw(config, weights, documents):
    """The same five updates by torch.optim, for comparison."""
    leaves = {name: value.detach().double().requires_grad_() for name, value in weights.items()}
    groups = [
        {"params": [p for p in leaves.values() if p.dim() == 2], "weight_decay": UPDATES["weight_decay"]},
        {"params": [p for p in leaves.values() if p.dim() != 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, betas=UPDATES["betas"], eps=UPDATES["eps"])
    ids, labels = record.pad(documents)
    for update in range(UPDATES["updates"]):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(update)
        optimizer.zero_grad()
        record.token_mean_loss(llama.forward(config, leaves, ids), labels).backward()
        torch.nn.utils.clip_grad_norm_(leaves.values(), UPDATES["max_gradient_norm"])
        optimizer.step()
    return {f"adamw.parameter.{name}": leaf.detach().float() for name, leaf in leaves.items()}


def main():
    torch.set_num_threads(1)
    documents = record.random_documents(GROUPED["vocab_size"], [7, 19, 11], seed=11)
    record.write_reference(HERE / "llama/grouped", llama.forward, llama.shapes, GROUPED, documents, SCRIPT, seed=1)

    documents = record.random_documents(TIED["vocab_size"], [13, 5, 21], seed=12)
    weights = record.random_weights(llama.shapes(TIED), seed=2)
    expected = adamw(TIED, weights, documents, torch.float64)
    tolerance = {"adamw": {"absolute": 2e-5, "relative": 1e-5}}
    record.check_fair("tied, after the updates", adamw(TIED, weights, documents, torch.float32), expected, tolerance)
    library = library_adamw(TIED, weights, documents)
    if max(float((library[name] - expected[name]).abs().max()) for name in library) > 2e-7:
        raise SystemExit("these AdamW updates are not those of torch.optim")
    record.write_reference(HERE / "llama/tied", llama.forward, llama.shapes, TIED, documents, SCRIPT, seed=2,
                           more=expected, facts={"adamw": {**UPDATES, "tolerance": tolerance["adamw"]}})
    print("losses", expected["adamw.loss"].tolist(), "norms", expected["adamw.gradient_norm"].tolist())


if __name__ == "__main__":
    main()
