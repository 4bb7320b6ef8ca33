#!/bin/sh
# Builds libcaravan_torch.so for the libtorch that find-libtorch.sh chooses and prints its path. What was built before
# for the same libtorch, source and compiler is used as it is: artifacts/native/<key>/ holds one build each, with
# libtorch.txt saying what it was built for.
#
#   native/build.sh            builds
#   native/build.sh --missing  prints the Debian packages that are still needed for it, on one line
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

find_missing() {
  missing=
  code=0
  chosen=$("$native/find-libtorch.sh") || code=$?
  case $code in
    0) lib=$(printf '%s\n' "$chosen" | sed -n 's/^lib=//p') ;;
    3) missing='libtorch-dev libgloo-dev libopenblas0-pthread' ;;
    *) exit 1 ;;
  esac
  case $chosen in
    source=system*) has_fast_blas || missing=libopenblas0-pthread ;;
  esac
  command -v "$compiler" >/dev/null || missing="$missing g++"
  command -v cmake >/dev/null || missing="$missing cmake"
  command -v make >/dev/null || missing="$missing make"
  missing=${missing# }
}

explain_missing() {
  echo "Caravan's native library cannot be built: $missing missing."
  if command -v apt-get >/dev/null; then
    echo "Install with
    sudo apt-get install --no-install-recommends $missing"
  else
    echo "Install a C++17 compiler, cmake and make with your system's package manager, if they are what is missing."
  fi
  case $missing in
    *libtorch-dev*) cat <<'END'
libtorch itself comes with every PyTorch from 1.13, also with CUDA:
    python3 -m venv ~/torch && ~/torch/bin/pip install torch
    export CARAVAN_LIBTORCH="$(echo ~/torch/lib/python3*/site-packages/torch)"
or as the C++ zip of https://pytorch.org/get-started/locally; set CARAVAN_LIBTORCH to the folder unpacked from it.
END
    ;;
  esac
}

# Changes with the libtorch, with the compiler and with every file that has a say in the result.
build_key() {
  version=$(printf '%s\n' "$chosen" | sed -n 's/^version=//p')
  hash=$({
    printf '%s\n' "$chosen"
    stat -L -c '%s %Y' "$lib/libtorch_cpu.so"
    "$compiler" --version | head -n 1
    cat "$native/caravan_torch.cpp" "$native/CMakeLists.txt" "$native/build.sh"
  } | sha256sum | cut -c 1-16)
  printf '%s-%s\n' "$version" "$hash"
}

compile() {
  work=$result/cmake
  mkdir -p "$result"
  log=$result/build.log
  {
    cmake -S "$native" -B "$work" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" \
      -DLIBTORCH_INCLUDE="$(printf '%s\n' "$chosen" | sed -n 's/^include=//p')" \
      -DLIBTORCH_LIB="$lib" \
      -DLIBTORCH_CONFIG="$(printf '%s\n' "$chosen" | sed -n 's/^config=//p')" &&
      cmake --build "$work"
  } >"$log" 2>&1 || {
    sed -n '/[Ee]rror/,$p' "$log" | head -n 30 >&2
    fail "The native library could not be built for libtorch $version in $lib; all of the output is in $log."
  }
  {
    printf '%s\n' "$chosen"
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
case $missing in
  '' | libopenblas0-pthread) ;;
  *) fail "$(explain_missing)" ;;
esac
result=$results/$(build_key)
library=$result/libcaravan_torch.so
[ -e "$library" ] || compile 9>&-
printf '%s\n' "$library"
