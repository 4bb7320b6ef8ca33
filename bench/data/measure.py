"""Runs a program and prints its seconds, peak memory and processor time. Usage: measure.py NAME PROGRAM [ARGUMENT …]"""
import os
import sys
import time

start = time.perf_counter()
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - start
if status != 0:
    sys.exit(f"{sys.argv[1]}: ended with status {status}")
print(f"{sys.argv[1]:24} {seconds:7.2f} s  {usage.ru_maxrss / 1024:6.0f} MB  "
      f"processor {usage.ru_utime + usage.ru_stime:6.2f} s")
