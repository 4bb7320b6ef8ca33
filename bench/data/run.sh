#!/bin/sh
# Converts a million synthetic Alpaca-style records and 100,000 ShareGPT-style conversations with Caravan and with plain
# Python in turn, and decodes Parquet: seconds, peak memory and processor time of each.
#
#   dotnet build bench/Caravan.DataBenchmarks -c Release    (and ./caravan has built the program)
#   bench/data/run.sh TOKENIZER [RECORDS [CONVERSATIONS]]
#
# TOKENIZER is a folder with LLaMA's tokenizer.model. Needs Python with sentencepiece; PYTHON says which. WORK names a
# folder that is kept with the raw files in it, for another run.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-/usr/bin/python3}
caravan=$root/artifacts/bin/Caravan.Cli/release/caravan
parquet=$root/artifacts/bin/Caravan.DataBenchmarks/release/Caravan.DataBenchmarks
for program in "$caravan" "$parquet"; do
  [ -x "$program" ] || { echo "run.sh: $program is not built" >&2; exit 1; }
done
if [ -n "${WORK:-}" ]; then
  work=$WORK
  mkdir -p "$work"
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
[ -d "$work/raw" ] || "$python" "$root/bench/data/make.py" "$work/raw" "${2:-1000000}" "${3:-100000}"
# Both sides read from the page cache.
cat "$work"/raw/*/*.json >/dev/null
rm -f "$work/alpaca.parquet"

measure() { "$python" "$root/bench/data/measure.py" "$@"; }
prepare() { measure "caravan $1" "$caravan" data prepare "$@" --raw "$work/raw" --out "$work/out" >>"$work/log"; }

: >"$work/log"
for round in 1 2; do
  prepare stanford_alpaca
  measure 'python stanford_alpaca' "$python" "$root/bench/data/peer.py" "$work/raw/stanford_alpaca/alpaca_data.json" \
    "$root/src/Caravan.Data/Datasets/Encoding/instruction-templates.json" "$work/peer.jsonl" >>"$work/log"
  prepare sharegpt --tokenizer "$1"
done
measure 'python sharegpt' "$python" "$root/bench/data/peer_sharegpt.py" \
  "$work/raw/sharegpt/sg_90k_part1_html_cleaned.json" "$1/tokenizer.model" "$work/peer.jsonl" >>"$work/log"
grep ' MB ' "$work/log"
"$parquet" "$work/out/stanford_alpaca/stanford_alpaca_data.jsonl" "$work/alpaca.parquet"
