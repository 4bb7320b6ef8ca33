"""Recovers a diff as people do in plain PyTorch: load both models, add them in fp32, save shards.
Usage: peer.py BASE DIFF OUT"""
import json
import pathlib
import sys

import torch

base, diff, out = (pathlib.Path(path) for path in sys.argv[1:])
SHARD_SIZE = 5_000_000_000


def load(folder):
    state = {}
    for file in sorted(folder.glob("*.bin")):
        state.update(torch.load(file, map_location="cpu"))
    return {name: tensor.float() for name, tensor in state.items()}


raw, state = load(base), load(diff)
for name in state:
    state[name].add_(raw[name])
del raw

shards, size = [{}], 0
for name, tensor in state.items():
    length = tensor.numel() * tensor.element_size()
    if size and size + length > SHARD_SIZE:
        shards.append({})
        size = 0
    shards[-1][name] = tensor
    size += length
out.mkdir()
weight_map = {}
for i, shard in enumerate(shards):
    file = f"pytorch_model-{i + 1:05}-of-{len(shards):05}.bin"
    torch.save(shard, out / file)
    weight_map.update((name, file) for name in shard)
(out / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
