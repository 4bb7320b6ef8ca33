#!/usr/bin/env python3
"""Makes tests/golden/sft/lora_merged.safetensors: PyTorch's merge of the adapter that sft.py trained into its base model.

Reads adapter and base as a program that knows nothing but PEFT's names does:

    base_model.model.NAME.lora_A.weight  A [r, in]       base_model.model.NAME.lora_B.weight  B [out, r]

and NAME.weight of the base becomes W + lora_alpha / r * B A, computed in double precision and stored in single.
"""

import json
import struct
from pathlib import Path

import numpy as np
import torch

from reference import files

FOLDER = Path(__file__).resolve().parent / "sft"
PREFIX = "base_model.model."


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    return {
        name: torch.from_numpy(
            np.frombuffer(body[slice(*entry["data_offsets"])], {"F32": "<f4"}[entry["dtype"]]).copy()
        ).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def main():
    settings = json.loads((FOLDER / "settings.json").read_text())["lora"]
    scale = settings["lora_alpha"] / settings["lora_rank"]
    weights = read_safetensors(FOLDER / "model/model.safetensors")
    adapter = read_safetensors(FOLDER / "lora.safetensors")
    for name, a in adapter.items():
        if not name.endswith(".lora_A.weight"):
            continue
        module = name[len(PREFIX) : -len(".lora_A.weight")]
        b = adapter[f"{PREFIX}{module}.lora_B.weight"]
        weight = weights[f"{module}.weight"]
        weights[f"{module}.weight"] = (weight.double() + scale * (b.double() @ a.double())).float()
    files.write_safetensors(FOLDER / "lora_merged.safetensors", weights)


if __name__ == "__main__":
    main()
