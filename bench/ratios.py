#!/usr/bin/env python3
"""Reads the JSON lines of bench/compare.sh and prints Caravan's figures as ratios to its peers'."""

import json
import sys

lines = [json.loads(line) for line in sys.stdin]
peer = next(line for line in lines if line.get("peer") == "torch_overhead")
own = next(line for line in lines if line.get("engine") == "caravan" and "add_ns" in line)
for call in ("add_ns", "matmul_ns", "add_grad_ns", "matmul_grad_ns"):
    print(f"call of {call[:-3]:12} {own[call]['median']:8.0f} ns, PyTorch {peer[call]['median']:8.0f} ns, "
          f"ratio {own[call]['median'] / peer[call]['median']:.2f}")

for size in dict.fromkeys(line["preset"] for line in lines if "preset" in line):
    peers = [line for line in lines if line.get("peer") == "torch_llama" and line["preset"] == size]
    best = max(peers, key=lambda line: line["tokens_per_second"]["median"])
    leanest = min(peers, key=lambda line: line["peak_resident_mib"])
    for line in lines:
        if line.get("engine") == "caravan" and line.get("preset") == size:
            rate, peer_rate = (x["tokens_per_second"]["median"] for x in (line, best))
            print(f"train {size} {line['precision']}: {rate:.0f} tokens/s, {line['gflops']:.0f} GFLOP/s, "
                  f"{line['peak_resident_mib']} MiB; PyTorch's best ({best['precision']}) {peer_rate:.0f} tokens/s, "
                  f"least {leanest['peak_resident_mib']} MiB; ratio {rate / peer_rate:.2f} in tokens/s, "
                  f"{line['peak_resident_mib'] / leanest['peak_resident_mib']:.2f} in memory")

print("machine:", json.dumps({key: value for key, value in lines[-1].items() if key != "peer"}))
