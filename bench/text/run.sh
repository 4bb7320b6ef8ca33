#!/bin/sh
# Measures our tokenizers against SentencePiece and Hugging Face's Rust tokenizers: the same texts, one thread each, in one
# run. Prints a table of rates and ratios, of cold starts, and of a word that has no end.
#
#   bench/text/run.sh [DATA]        DATA: the folder with tokenizers/ and eval/ (../shared/data)
#
# Needs Debian's python3-sentencepiece (PYTHON says which Python) and Node.js; npm fetches @anush008/tokenizers once.
# NODE_MODULES names a folder that has it already. BUILD=no leaves the build out.
set -eu
cd "$(dirname "$0")/../.."
data=$(realpath "${1:-../shared/data}")
python=${PYTHON:-/usr/bin/python3}
ours=artifacts/bin/Caravan.TextBenchmarks/release/Caravan.TextBenchmarks
work=artifacts/bench-text
mkdir -p "$work"
[ "${BUILD:-yes}" = no ] || dotnet build bench/Caravan.TextBenchmarks -c Release -v quiet --nologo >&2
peer=${NODE_MODULES:-$work}
[ -d "$peer/node_modules/@anush008/tokenizers" ] || npm install --prefix "$peer" --no-save @anush008/tokenizers@0.6.0 >&2
[ -e "$work/multilingual.jsonl" ] || "$python" bench/text/make.py "$data" "$work"
for name in llama2 opt; do
  [ -e "$work/$name.json" ] || "$python" bench/text/tokenizer_json.py "$data/tokenizers/$name" "$work/$name.json"
done
script=$(realpath bench/text/tokenizers_peer.mjs)
here=$(realpath "$work")
{
  for texts in prose code multilingual; do
    "$python" bench/text/sentencepiece_peer.py "$data/tokenizers/llama2" "$work/$texts.jsonl"
    for name in llama2 pythia opt olmo2; do
      "$ours" rate "$data/tokenizers/$name" "$work/$texts.jsonl"
      json=$data/tokenizers/$name/tokenizer.json
      [ -e "$json" ] || json=$here/$name.json
      (cd "$peer" && TOKENIZERS_PARALLELISM=false node "$script" "$name" "$json" "$here/$texts.jsonl")
    done
  done
  for name in llama2 pythia opt olmo2; do
    for _ in 1 2 3; do "$ours" load "$data/tokenizers/$name"; done
  done
  "$ours" long "$data/tokenizers/llama2"
  "$ours" long "$data/tokenizers/pythia"
} >"$work/results.jsonl"
"$python" bench/text/table.py <"$work/results.jsonl"
