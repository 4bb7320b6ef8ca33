#!/bin/sh
# Finds the libtorch to build against and prints it as lines of key=value:
#
#   source    CARAVAN_LIBTORCH, python (an activated environment's torch) or system; the first that is there is taken
#   include   folder with ATen/ATen.h
#   lib       folder with libtorch_cpu.so
#   version   e.g. 2.5.1
#   config    its TorchConfig.cmake; empty where it has none
#
# Exit code 3: there is none. Exit code 1: the one that was asked for cannot be used, and standard error says why.
set -eu

# Debian and Ubuntu put libraries into a folder named after the machine, such as lib/x86_64-linux-gnu.
library_folder() {
  for folder in "$1"/lib "$1"/lib64 "$1"/lib/*-linux-gnu*; do
    if [ -e "$folder/libtorch_cpu.so" ] && [ -e "$folder/libc10.so" ]; then
      printf '%s\n' "$folder"
      return
    fi
  done
  return 1
}

cmake_config() {
  for file in "$1/share/cmake/Torch/TorchConfig.cmake" "$2/cmake/Torch/TorchConfig.cmake"; do
    if [ -e "$file" ]; then
      printf '%s\n' "$file"
      return
    fi
  done
}

# Newer headers keep the numbers in torch/headeronly.
version_part() {
  cat "$1/torch/headeronly/version.h" "$1/torch/csrc/api/include/torch/version.h" 2>/dev/null |
    sed -n "s/^#define TORCH_VERSION_$2 \([0-9][0-9]*\).*/\1/p" | head -n 1
}

# libtorch SOURCE PREFIX: prints what stands under the prefix, fails if there is nothing.
libtorch() {
  [ -e "$2/include/ATen/ATen.h" ] && lib=$(library_folder "$2") || return 1
  include=$2/include
  major=$(version_part "$include" MAJOR)
  minor=$(version_part "$include" MINOR)
  patch=$(version_part "$include" PATCH)
  if [ "$(( ${major:-0} * 1000 + ${minor:-0} ))" -lt 1013 ]; then
    echo "libtorch ${major:-?}.${minor:-?} in $2 is too old: Caravan needs 1.13 or newer." \
      "Point CARAVAN_LIBTORCH to a newer one." >&2
    exit 1
  fi
  printf 'source=%s\ninclude=%s\nlib=%s\nversion=%s.%s.%s\nconfig=%s\n' \
    "$1" "$include" "$lib" "$major" "$minor" "${patch:-0}" "$(cmake_config "$2" "$lib")"
}

if [ -n "${CARAVAN_LIBTORCH:-}" ]; then
  libtorch CARAVAN_LIBTORCH "${CARAVAN_LIBTORCH%/}" && exit
  echo "CARAVAN_LIBTORCH is $CARAVAN_LIBTORCH, where no libtorch is: expected include/ATen/ATen.h and" \
    "lib/libtorch_cpu.so in it. Set it to the folder 'libtorch' of an unpacked libtorch zip or to the folder 'torch'" \
    "of a Python installation (…/site-packages/torch), or unset it." >&2
  exit 1
fi

for environment in "${VIRTUAL_ENV:-}" "${CONDA_PREFIX:-}"; do
  [ -n "$environment" ] || continue
  for folder in "$environment"/lib/python3*/site-packages/torch; do
    libtorch python "$folder" && exit
  done
done

system=/usr
libtorch system "$system" && exit
exit 3
