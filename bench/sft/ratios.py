#!/usr/bin/env python3
"""Reads the JSON lines of bench/sft/run.sh and prints them, and Caravan's figures as ratios to its peer's best."""

import json
import sys

lines = [json.loads(line) for line in sys.stdin]
for line in lines:
    print(json.dumps(line))
own = next(line for line in lines if line.get("engine") == "caravan")
peers = [line for line in lines if "peer" in line]
fastest = max(peers, key=lambda line: line["tokens_per_second"])
# fp32 sees fewer records, and so fewer of the long ones that memory is needed for.
leanest = min((line for line in peers if line["records"] == own["records"]), key=lambda line: line["peak_resident_mib"])
plain = next(line for line in peers if not line["sorted"])
print(f"tokens/s of text: {own['tokens_per_second']:.0f}, PyTorch's best {fastest['tokens_per_second']:.0f} "
      f"({fastest['precision']}, sorted: {fastest['sorted']}): "
      f"{own['tokens_per_second'] / fastest['tokens_per_second']:.2f} times; "
      f"{own['tokens_per_second'] / plain['tokens_per_second']:.2f} times its plain padded mode")
print(f"peak memory: {own['peak_resident_mib']} MiB, PyTorch's least {leanest['peak_resident_mib']} MiB "
      f"({leanest['precision']}, sorted: {leanest['sorted']}): "
      f"{own['peak_resident_mib'] / leanest['peak_resident_mib']:.2f}; rows are filled to {own['fill_ratio']:.1%}")
