"""Prints the ratios of the figures that run.sh measured, of several rounds the medians. Usage: ratios.py FIGURES"""
import collections
import json
import statistics
import sys

rounds = collections.defaultdict(lambda: collections.defaultdict(list))
for line in map(json.loads, open(sys.argv[1])):
    for key in ("durable", "rate", "memory"):
        rounds[line["name"]][key].append(line[key])
lines = {name: {key: statistics.median(values) for key, values in figures.items()} for name, figures in rounds.items()}
copies = {"recover": "cp of out", "recover, verified": "cp of out", "recover of bf16": "cp of half",
          "recover to bf16": "cp of half"}
print()
for name, copy in copies.items():
    if name in lines and copy in lines:
        print(f"{name}: {lines[name]['rate'] / 1e6:.0f} MB/s, {lines[name]['rate'] / lines[copy]['rate']:.2f} of the "
              f"{lines[copy]['rate'] / 1e6:.0f} MB/s of cp with sync")
if "PyTorch" in lines:
    peer = lines["PyTorch"]
    for name in ("recover", "recover to .bin"):
        print(f"{name}: {peer['durable'] / lines[name]['durable']:.1f} times as fast as PyTorch, "
              f"{lines[name]['memory'] / peer['memory']:.3f} of its memory")
