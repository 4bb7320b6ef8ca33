#!/usr/bin/env python3
"""Runs a command that prints Caravan's events as JSON and prints one line: its seconds, tokens and peak memory."""

import json
import resource
import subprocess
import sys
import time

start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
events = [json.loads(line) for line in process.stdout]
if process.wait() != 0:
    sys.exit(f"{sys.argv[1]} ended with {process.returncode}")
seconds = time.perf_counter() - start
steps = [event for event in events if event["event"] == "step"]
started = next(event for event in events if event["event"] == "started")
tokens = sum(step["tokens"] for step in steps)
print(json.dumps({
    "engine": "caravan", "records": started["train_records"], "fill_ratio": round(started["fill_ratio"], 4),
    "tokens": tokens, "seconds": round(seconds, 1), "tokens_per_second": round(tokens / seconds, 1),
    "training_tokens_per_second": round(tokens / sum(step["step_time"] for step in steps), 1),
    "peak_resident_mib": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
    "first_loss": round(steps[0]["train_loss"], 3), "last_loss": round(steps[-1]["train_loss"], 3),
}))
