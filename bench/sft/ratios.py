#!/usr/bin/env python3
"""Reads the JSON lines of bench/sft/run.sh and prints them, and Caravan's figures as ratios to its peer's best."""

import json
import statistics
import sys

lines = [json.loads(line) for line in sys.stdin]
for line in lines:
    print(json.dumps(line))
own = [line for line in lines if line.get("engine") == "caravan"]
peers = [line for line in lines if "peer" in line]
rate = statistics.mean(line["tokens_per_second"] for line in own)
fastest = max(peers, key=lambda line: line["tokens_per_second"])
plain = next(line for line in peers if not line["sorted"])
print(f"tokens/s of text: {rate:.0f} (mean of {len(own)} runs), PyTorch's best {fastest['tokens_per_second']:.0f} "
      f"({fastest['precision']}, sorted: {fastest['sorted']}): {rate / fastest['tokens_per_second']:.2f} times; "
      f"{rate / plain['tokens_per_second']:.2f} times its plain padded mode")
# fp32 sees fewer records, and so fewer of the long ones that memory is needed for.
memory = max(line["peak_resident_mib"] for line in own)
leanest = min((line for line in peers if line["records"] == own[0]["records"]), key=lambda line: line["peak_resident_mib"])
print(f"peak memory: {memory} MiB, PyTorch's least {leanest['peak_resident_mib']} MiB "
      f"({leanest['precision']}, sorted: {leanest['sorted']}): {memory / leanest['peak_resident_mib']:.2f}; "
      f"rows are filled to {own[0]['fill_ratio']:.1%}")
