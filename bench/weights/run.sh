#!/bin/sh
# Weight tools against `cp` and against plain PyTorch: rates of the output and peak memory, and their ratios.
#
#   bench/weights/run.sh memory [PARAMETERS_IN_MILLIONS]    every tool on 32 shards and more; 1100 = 4.4 GB in fp32
#   bench/weights/run.sh peer [PARAMETERS_IN_MILLIONS]      recover against PyTorch; 500 = 2 GB in fp32, 6 GB of memory
#
# Run it after ./caravan has built the program, with nothing else running. The inputs are in the page cache, as `cp`
# finds them too; outputs are on the disk at the end of both. What is compared is measured in turn, three times, since
# the rates of disks vary; ratios are those of the medians. WORK says where to write (five times the model's size is
# needed); PYTHON, which Python has PyTorch. A model that lies in WORK already is taken as it is.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-/usr/bin/python3}
caravan=$root/artifacts/bin/Caravan.Cli/release/caravan
work=${WORK:-$(mktemp -d)}
figures=$work/figures.jsonl
[ -n "${WORK:-}" ] || trap 'rm -rf "$work"' EXIT
rm -f "$figures"

measure() { # NAME OUT COMMAND...
  name=$1 out=$2
  shift 2
  rm -rf "$out" "$out.partial"
  "$python" "$root/bench/weights/measure.py" "$name" "$out" "$figures" "$@"
}

weights() { # NAME OUT COMMAND...
  name=$1 out=$2 command=$3
  shift 3
  measure "$name" "$out" "$caravan" weights "$command" "$@"
}

# What a tool wrote went past the page cache; the next one shall find it there, as it finds the others.
warm() { for folder; do find "$folder" -type f -exec cat {} + >/dev/null; done; }

copy() { warm "$1"; measure "cp of $1" "$work/copy" cp -r "$1" "$work/copy"; rm -rf "$work/copy"; }

recover() { # NAME DIFF OUT OPTIONS...
  name=$1 diff=$2 out=$3
  shift 3
  warm base "$diff"
  weights "$name" "$out" recover --path-raw base --path-diff "$diff" --path-tuned "$out" "$@"
}

cd "$work"
case ${1:-} in
  memory)
    [ -d base ] || "$python" "$root/bench/weights/make.py" . "${2:-1100}" 32
    for round in 1 2 3; do
      recover recover diff out --max-shard-size 140MB
      copy out
      recover 'recover of bf16' diff-bf16 half --dtype bf16 --max-shard-size 70MB
      copy half
      recover 'recover to bf16' diff half --dtype bf16 --max-shard-size 70MB
    done
    rm -rf half
    warm base out
    weights make-diff difference make-diff --path-raw base --path-tuned out --path-diff difference \
      --max-shard-size 140MB
    recover 'recover, verified' difference out --max-shard-size 140MB
    rm -rf difference
    warm out
    weights 'convert to bf16' half convert out half --dtype bf16 --max-shard-size 70MB
    weights shard large shard out large --max-shard-size 5GB
    rm -rf large
    weights 'shard to .bin' large shard out large --max-shard-size 5GB --format bin
    rm -rf large half
    [ -d adapter ] || "$python" "$root/bench/weights/make_inputs.py" .
    warm base adapter
    set -- --base-model-name-or-path base --lora-model-name-or-path adapter --output-dir merged
    weights merge-lora merged merge-lora "$@"
    weights 'merge-lora --qlora' merged merge-lora "$@" --qlora
    warm zero
    weights consolidate merged consolidate zero merged --max-shard-size 140MB
    rm -rf merged out
    ;;
  peer)
    [ -d base ] || "$python" "$root/bench/weights/make.py" . "${2:-500}" 32
    for round in 1 2 3; do
      warm base diff
      measure PyTorch peer "$python" "$root/bench/weights/peer.py" base diff peer
      rm -rf peer
      recover recover diff out
      recover 'recover to .bin' diff out --format bin
      copy out
    done
    rm -rf out
    ;;
  *)
    sed -n '2,12s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
"$python" "$root/bench/weights/ratios.py" "$figures"
