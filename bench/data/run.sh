#!/bin/sh
# Converts a million synthetic Alpaca-style records with Caravan and with plain Python: seconds and peak memory of each.
# Usage: bench/data/run.sh [RECORDS] (after ./caravan has built the program)
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$root/bench/data/make.py" "$work/raw" "${1:-1000000}" 10
measure() { python3 - "$@" <<'PY'
import os, sys, time
start = time.perf_counter()
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
assert status == 0, status
print(f"{sys.argv[1]:8} {time.perf_counter() - start:7.2f} s  {usage.ru_maxrss / 1024:7.0f} MB  cpu {usage.ru_utime + usage.ru_stime:6.2f} s")
PY
}
ls -l "$work/raw/stanford_alpaca/alpaca_data.json"
measure caravan "$root/artifacts/bin/Caravan.Cli/release/caravan" data prepare stanford_alpaca --raw "$work/raw" --out "$work/out"
measure python python3 "$root/bench/data/peer.py" "$work/raw/stanford_alpaca/alpaca_data.json" \
  "$root/src/Caravan.Data/Datasets/Encoding/instruction-templates.json" "$work/peer.jsonl"
