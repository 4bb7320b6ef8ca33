#!/bin/sh
# A whole finetuning, from JSON to saved model, with Caravan and with plain PyTorch: ratios of real tokens per second and
# of peak memory. Data: records in Code-Alpaca's format, with the LLaMA tokenizer.
#
#   bench/sft/run.sh SIZE RECORDS [DATA.json TOKENIZER_DIR]      after 'dotnet build -c Release' of bench/Caravan.TrainingBenchmarks
#                                                                and src/Caravan.Cli
#
# PyTorch gets an eighth of the records in fp32, which is so much slower: its rate is what is compared.
set -eu
cd "$(dirname "$0")/../.."
size=$1 records=$2
data=${3:-../shared/data/raw/code_alpaca/new_codealpaca.json}
tokenizer=${4:-../shared/data/tokenizers/llama2}
python=${PYTHON:-/usr/bin/python3}
bench=artifacts/bin/Caravan.TrainingBenchmarks/release/Caravan.TrainingBenchmarks
caravan=artifacts/bin/Caravan.Cli/release/caravan
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bench" model "$size" "$work/model" "$tokenizer"
"$python" -c "import json, sys; json.dump(json.load(open(sys.argv[1]))[:int(sys.argv[2])], open(sys.argv[3], 'w'))" \
  "$data" "$records" "$work/data.json"
pytorch() {
  "$python" bench/sft/torch_sft.py --preset "$size" --data "$work/data.json" --tokenizer "$tokenizer/tokenizer.model" \
    "$@" >>"$work/lines"
}
caravan() {
  "$python" bench/sft/measure.py "$caravan" train sft --json --model-name-or-path "$work/model" \
    --train-file "$work/data.json" --output-dir "$work/out$1" --dataset-local-cache-dir "$work/tokens$1" \
    --max-seq-length 1024 --packing --per-device-train-batch-size 1 --num-train-epochs 1 --dtype bf16 >>"$work/lines"
}
# Before and after, because a shared machine's speed changes.
caravan 1
pytorch --precision bf16 --sorted
pytorch --precision fp32 --sorted --records "$((records / 8))"
pytorch --precision bf16
caravan 2
"$python" bench/sft/ratios.py <"$work/lines"
