#!/usr/bin/env python3
"""What the machine itself can do: GFLOP/s of a bf16 (oneDNN) and an fp32 matrix multiplication, GB/s of reading memory.

    python3 bench/peers/matmul_rate.py --threads 2 --size 2048

The best of several repetitions: these are bounds, and whatever disturbs them only makes them lower.
"""

import argparse
import json
import os
import time

os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx512")

import torch


def best_seconds(operation, repetitions):
    operation()
    best = float("inf")
    for _ in range(repetitions):
        start = time.perf_counter()
        operation()
        best = min(best, time.perf_counter() - start)
    return best


def matmul_gflops(dtype, size, repetitions):
    left, right = torch.randn(size, size).to(dtype), torch.randn(size, size).to(dtype)
    return round(2 * size ** 3 / best_seconds(lambda: left @ right, repetitions) / 1e9, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--size", type=int, default=2048, help="rows and columns of both matrices")
    parser.add_argument("--read-mib", type=int, default=1024, help="memory read for the bandwidth; beyond the caches")
    parser.add_argument("--repetitions", type=int, default=10)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    memory = torch.ones(a.read_mib * 1024 * 1024 // 4)
    with torch.no_grad():
        print(json.dumps({
            "peer": "matmul_rate", "torch": torch.__version__, "threads": a.threads, "size": a.size,
            "bf16_gflops": matmul_gflops(torch.bfloat16, a.size, a.repetitions),
            "fp32_gflops": matmul_gflops(torch.float32, a.size, a.repetitions),
            "read_gb_per_s": round(memory.numel() * 4 / best_seconds(memory.sum, a.repetitions) / 1e9, 1),
        }))


if __name__ == "__main__":
    main()
