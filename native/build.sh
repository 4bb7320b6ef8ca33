#!/bin/sh
# Builds libcaravan_torch.so for the libtorch that find-libtorch.sh chooses and prints its path. What was built before
# for the same libtorch, source and compiler is used as it is: artifacts/native/<key>/ holds one build each, with
# libtorch.txt saying what it was built for.
#
#   native/build.sh            builds
#   native/build.sh --missing  prints the Debian packages that are still missing for it, on one line
#
# It can do without libgloo-dev (then processes cannot exchange tensors) and without OpenBLAS (then fp32 is slow).
set -eu

native=$(cd "$(dirname "$0")" && pwd -P)
results=${native%/*}/artifacts/native
compiler=${CXX:-c++}

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Debian's libtorch calls whatever stands behind libblas.so.3; the reference library runs at a thirtieth of the speed.
has_fast_blas() {
  case $(readlink -f "$lib/libblas.so.3") in
    */blas/libblas.so.*) return 1 ;;
  esac
}

has_gloo() { [ -e "$include/gloo/algorithm.h" ]; }

# chosen KEY: one fact about the chosen libtorch.
chosen() { printf '%s\n' "$facts" | sed -n "s/^$1=//p"; }

# Sets required and optional to the missing packages. What belongs to the system's libtorch is no use to another one.
find_missing() {
  required=
  optional=
  code=0
  facts=$("$native/find-libtorch.sh") || code=$?
  include=$(chosen include)
  lib=$(chosen lib)
  case $code in
    0) ;;
    3) required=libtorch-dev optional='libgloo-dev libopenblas0-pthread' ;;
    *) exit 1 ;;
  esac
  if [ "$(chosen source)" = system ]; then
    has_gloo || optional=libgloo-dev
    has_fast_blas || optional="$optional libopenblas0-pthread"
  fi
  command -v "$compiler" >/dev/null || required="$required g++"
  command -v cmake >/dev/null || required="$required cmake"
  command -v make >/dev/null || required="$required make"
  # shellcheck disable=SC2086 # one word for each package
  set -- $required $optional
  missing=$*
}

explain_missing() {
  echo "Caravan's native library cannot be built: $missing missing."
  if command -v apt-get >/dev/null; then
    echo "Install with
    sudo apt-get install --no-install-recommends $missing"
  else
    echo "Install a C++17 compiler, cmake and make with your system's package manager, if they are what is missing."
  fi
  case $required in
    libtorch-dev*) cat <<'END'
Where the system has no libtorch from 1.13 on, or for a GPU, take the one that comes with every PyTorch:
    python3 -m venv ~/torch && ~/torch/bin/pip install torch
    export CARAVAN_LIBTORCH="$(echo ~/torch/lib/python3*/site-packages/torch)"
or the C++ zip of https://pytorch.org/get-started/locally; set CARAVAN_LIBTORCH to the folder unpacked from it.
END
    ;;
  esac
}

# Changes with the libtorch, with the compiler and with every file that has a say in the result.
build_key() {
  hash=$({
    printf '%s\n' "$facts"
    has_gloo && echo gloo
    stat -L -c '%s %Y' "$lib/libtorch_cpu.so"
    "$compiler" --version | head -n 1
    cat "$native"/*.cpp "$native/CMakeLists.txt" "$native/build.sh"
  } | sha256sum | cut -c 1-16)
  printf '%s-%s\n' "$(chosen version)" "$hash"
}

compile() {
  work=$result/cmake
  mkdir -p "$result"
  log=$result/build.log
  {
    cmake -S "$native" -B "$work" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" \
      -DLIBTORCH_INCLUDE="$include" -DLIBTORCH_LIB="$lib" -DLIBTORCH_CONFIG="$(chosen config)" &&
      cmake --build "$work"
  } >"$log" 2>&1 || {
    sed -n '/[Ee]rror/,$p' "$log" | head -n 30 >&2
    fail "The native library could not be built for libtorch $(chosen version) in $lib; all of the output is in $log."
  }
  {
    printf '%s\n' "$facts"
    cat "$work/features.txt"
  } >"$result/libtorch.txt"
  mv "$work/libcaravan_torch.so" "$library"
  rm -rf "$work"
}

if [ "${1:-}" = --missing ]; then
  find_missing
  printf '%s\n' "$missing"
  exit
fi

# Several builds may start at once, or the packages are just being installed; the others wait and find the work done.
mkdir -p "$results"
exec 9>"$results/.lock"
flock 9
find_missing
[ -z "$required" ] || fail "$(explain_missing)"
result=$results/$(build_key)
library=$result/libcaravan_torch.so
[ -e "$library" ] || compile 9>&-
printf '%s\n' "$library"
