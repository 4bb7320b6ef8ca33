"""Runs a command and then `sync`, so that what it wrote is on the disk, and prints a line: name, seconds of the
command, seconds with sync, rate of the output, peak memory. Usage: measure.py NAME OUT FIGURES COMMAND..."""
import json
import os
import pathlib
import sys
import time

name, out, figures, command = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4:]
os.sync()
start = time.perf_counter()
devnull = os.open(os.devnull, os.O_WRONLY)
pid = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, devnull, 1)])
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - start
os.sync()
durable = time.perf_counter() - start
if status:
    sys.exit(f"{name} failed")
size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
line = {"name": name, "seconds": seconds, "durable": durable, "rate": size / durable, "memory": usage.ru_maxrss * 1024}
with open(figures, "a") as file:
    file.write(json.dumps(line) + "\n")
print(f"{name:24} {seconds:7.2f} s, {durable:7.2f} s on the disk, {size / durable / 1e6:6.0f} MB/s, "
      f"{usage.ru_maxrss / 1024:6.0f} MiB", flush=True)
