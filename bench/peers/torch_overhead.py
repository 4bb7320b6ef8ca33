#!/usr/bin/env python3
"""What a call of a small operator costs from Python, in nanoseconds: median and minimum over many short loops.

    python3 bench/peers/torch_overhead.py

One element each for `add`, 4 x 4 for `matmul`: nearly everything is the way to the operator and back. `*_grad` is with
an input that requires a gradient, so that a node of the graph is made. One thread.
"""

import json
import os
import statistics
import time

os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx512")

import torch

CALLS, LOOPS = 2000, 200


def nanoseconds(operation, left, right):
    samples = []
    for _ in range(LOOPS):
        start = time.perf_counter_ns()
        for _ in range(CALLS):
            operation(left, right)
        samples.append((time.perf_counter_ns() - start) / CALLS)
    return {"median": round(statistics.median(samples), 1), "min": round(min(samples), 1)}


def nothing(left, right):
    return left


def main():
    torch.set_num_threads(1)
    one, square = torch.ones(1), torch.ones(4, 4)
    result = {"peer": "torch_overhead", "torch": torch.__version__, "calls": CALLS * LOOPS}
    with torch.no_grad():
        result["empty_python_call_ns"] = nanoseconds(nothing, one, one)
        result["add_ns"] = nanoseconds(torch.add, one, one)
        result["matmul_ns"] = nanoseconds(torch.matmul, square, square)
    result["add_grad_ns"] = nanoseconds(torch.add, one.clone().requires_grad_(), one)
    result["matmul_grad_ns"] = nanoseconds(torch.matmul, square.clone().requires_grad_(), square)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
