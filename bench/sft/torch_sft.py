#!/usr/bin/env python3
"""Finetunes a LLaMA on instruction records in eager PyTorch, from the JSON file to the saved weights, and prints one line
of JSON with its speed and memory: what a careful person writes without custom kernels.

    python3 bench/sft/torch_sft.py --preset 15M --data FILE.json --tokenizer tokenizer.model --records 500 --precision bf16

Batches are padded to their longest record; with --sorted, records of like length share a batch, which wastes less (and is
this trainer's best mode). The layout is Tülu's, the loss lies on the answers, one epoch, AdamW with clipping.
"""

import argparse
import json
import pathlib
import random
import resource
import sys
import tempfile
import time
from types import SimpleNamespace

START = time.perf_counter()
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "peers"))

import sentencepiece
import torch
import torch.nn.functional as F
import torch_llama

BATCH = 8


def tokenized(record, tokenizer, limit):
    text = record["instruction"] + (f"\n\n{record['input']}" if record.get("input") else "")
    prompt = [1] + tokenizer.encode(f"<|user|>\n{text.strip()}\n<|assistant|>\n")
    answer = tokenizer.encode((record.get("output") or record["response"]).strip()) + [2]
    ids = (prompt + answer)[:limit]
    return ids, ([-100] * len(prompt) + answer)[:limit]


def batches(rows, is_sorted):
    order = list(range(len(rows)))
    random.Random(1).shuffle(order)
    if is_sorted:
        order.sort(key=lambda i: len(rows[i][0]))
    chunks = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    random.Random(2).shuffle(chunks)
    for chunk in chunks:
        longest = max(len(rows[i][0]) for i in chunk)
        pad = lambda values, by: torch.tensor([v + [by] * (longest - len(v)) for v in values])
        yield pad([rows[i][0] for i in chunk], 0), pad([rows[i][1] for i in chunk], -100)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--preset", choices=torch_llama.PRESETS, default="15M")
    parser.add_argument("--data", required=True)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--records", type=int, default=1 << 30)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="bf16")
    parser.add_argument("--sorted", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--length", type=int, default=1024)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=a.tokenizer)
    rows = [tokenized(record, tokenizer, a.length) for record in json.load(open(a.data))[: a.records]]
    model = torch_llama.Llama(SimpleNamespace(**{**torch_llama.PRESETS[a.preset], "seq": a.length}))
    # Only what a batch needs of the tables.
    cos, sin, mask = model.cos, model.sin, model.mask
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5, weight_decay=0.0)
    real = padded = 0
    losses = []
    for ids, labels in batches(rows, a.sorted):
        length = ids.shape[1]
        model.cos, model.sin, model.mask = cos[:length], sin[:length], mask[:length, :length]
        with torch.autocast("cpu", torch.bfloat16, enabled=a.precision == "bf16"):
            logits = model(ids)
        loss = F.cross_entropy(logits[:, :-1].float().flatten(0, 1), labels[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        padded += ids.numel()
    real = sum(len(ids) for ids, _ in rows)
    with tempfile.TemporaryDirectory() as folder:
        torch.save(model.state_dict(), f"{folder}/model.bin")
    seconds = time.perf_counter() - START
    print(json.dumps({
        "peer": "torch_sft", "torch": torch.__version__, "preset": a.preset, "precision": a.precision, "sorted": a.sorted,
        "records": len(rows), "tokens": real, "padded_tokens": padded, "seconds": round(seconds, 1),
        "tokens_per_second": round(real / seconds, 1),
        "peak_resident_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "first_loss": round(losses[0], 3), "last_loss": round(losses[-1], 3),
    }))


if __name__ == "__main__":
    main()
