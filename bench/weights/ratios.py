"""Prints the ratios of the figures that run.sh measured. Usage: ratios.py FIGURES"""
import json
import sys

lines = {line["name"]: line for line in map(json.loads, open(sys.argv[1]))}
copies = {"recover": "cp of out", "recover, verified": "cp of out", "recover to bf16": "cp of half"}
print()
for name, copy in copies.items():
    if name in lines and copy in lines:
        print(f"{name}: {lines[name]['rate'] / lines[copy]['rate']:.2f} of the rate of cp with sync")
if "PyTorch" in lines:
    peer = lines["PyTorch"]
    for name in ("recover", "recover to .bin"):
        print(f"{name}: {peer['durable'] / lines[name]['durable']:.1f} times as fast as PyTorch, "
              f"{lines[name]['memory'] / peer['memory']:.3f} of its memory")
