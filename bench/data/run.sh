#!/bin/sh
# Converts a million synthetic Alpaca-style records and 100,000 ShareGPT-style conversations with Caravan and with plain
# Python in turn, and decodes Parquet: seconds, peak memory and processor time of each.
#
#   bench/data/run.sh TOKENIZER [RECORDS [CONVERSATIONS]]     (after ./caravan has built the program)
#
# TOKENIZER is a folder with LLaMA's tokenizer.model. Needs Python with sentencepiece; PYTHON says which.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-/usr/bin/python3}
caravan=$root/artifacts/bin/Caravan.Cli/release/caravan
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build "$root/bench/Caravan.DataBenchmarks" -c Release -v quiet --nologo >&2
"$python" "$root/bench/data/make.py" "$work/raw" "${2:-1000000}" "${3:-100000}"

measure() { "$python" "$root/bench/data/measure.py" "$@"; }
prepare() { measure "caravan $1" "$caravan" data prepare "$@" --raw "$work/raw" --out "$work/out" >>"$work/log"; }

: >"$work/log"
for round in 1 2 3; do
  prepare stanford_alpaca
  prepare sharegpt --tokenizer "$1"
done
measure 'python stanford_alpaca' "$python" "$root/bench/data/peer.py" "$work/raw/stanford_alpaca/alpaca_data.json" \
  "$root/src/Caravan.Data/Datasets/Encoding/instruction-templates.json" "$work/peer.jsonl" >>"$work/log"
measure 'python sharegpt' "$python" "$root/bench/data/peer_sharegpt.py" \
  "$work/raw/sharegpt/sg_90k_part1_html_cleaned.json" "$1/tokenizer.model" "$work/peer.jsonl" >>"$work/log"
grep ' MB ' "$work/log"
"$root/artifacts/bin/Caravan.DataBenchmarks/release/Caravan.DataBenchmarks" \
  "$work/out/stanford_alpaca/stanford_alpaca_data.jsonl" "$work/alpaca.parquet"
