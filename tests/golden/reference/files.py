"""Writing the golden files: safetensors and JSON, byte for byte the same on every run."""

import json
import re
import struct

import torch

_TYPE_NAMES = {torch.float64: "F64", torch.int64: "I64", torch.float32: "F32", torch.uint8: "U8"}


def _bytes_of(tensor):
    return tensor.detach().contiguous().numpy().tobytes()


def write_safetensors(path, tensors):
    """Writes name -> tensor. Larger element types first, then by name, so that every tensor is aligned."""
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header, body = {"__metadata__": {"format": "pt"}}, b""
    for name in order:
        data = _bytes_of(tensors[name])
        header[name] = {
            "dtype": _TYPE_NAMES[tensors[name].dtype],
            "shape": list(tensors[name].shape),
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def write_json(path, value):
    """Indented, but lists of plain values on one line."""
    text = json.dumps(value, indent=2)
    text = re.sub(r"\[\s+([^][{}]*?)\s+\]", lambda found: f"[{re.sub(chr(10) + ' *', ' ', found[1])}]", text)
    path.write_text(text + "\n")
