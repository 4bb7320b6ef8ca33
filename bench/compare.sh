#!/bin/sh
# Runs Caravan and its PyTorch peer in turn and prints the ratios: absolute times mean nothing on a shared machine.
#
#   bench/compare.sh [SIZE …]     sizes: 15M (default), 110M
#
# Needs Python with PyTorch (Debian: python3-torch); PYTHON says which.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-/usr/bin/python3}
ours=artifacts/bin/Caravan.TrainingBenchmarks/release/Caravan.TrainingBenchmarks
dotnet build bench/Caravan.TrainingBenchmarks -c Release -v quiet --nologo >&2
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

"$python" bench/peers/torch_overhead.py >>"$lines"
"$ours" overhead >>"$lines"
for size in "${@:-15M}"; do
  for precision in bf16 fp32; do
    "$python" bench/peers/torch_llama.py --preset "$size" --precision "$precision" >>"$lines"
    "$ours" train "$size" "$precision" >>"$lines"
  done
done
"$python" bench/peers/matmul_rate.py >>"$lines"
"$python" bench/ratios.py <"$lines"
