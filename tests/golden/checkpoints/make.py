"""Makes the PyTorch files that the tests of Caravan.Checkpoints read, with the expected numbers as safetensors.

Run with a Python that has torch (made with 1.13): python3 tests/golden/checkpoints/make.py
"""
import collections
import json
import pathlib
import struct
import zipfile

import torch

HERE = pathlib.Path(__file__).parent
NAMES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
         torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}


def safetensors(name, tensors):
    """A minimal writer of the published format."""
    header, data = {}, b""
    for key, tensor in tensors.items():
        flat = tensor.detach().contiguous().reshape(-1)
        raw = flat.view(torch.int16) if tensor.dtype == torch.bfloat16 else flat
        raw = raw.numpy().tobytes()
        header[key] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape),
                       "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    (HERE / name).write_bytes(struct.pack("<Q", len(text)) + text + data)


torch.manual_seed(7)

# Every element type; a scalar; no elements.
types = collections.OrderedDict()
for dtype in NAMES:
    values = torch.randn(3, 5) * 100
    types[str(dtype)] = values > 0 if dtype == torch.bool else values.abs().to(dtype) if dtype == torch.uint8 else values.to(dtype)
types["scalar"] = torch.tensor(2.5)
types["empty"] = torch.zeros(3, 0)
torch.save(types, HERE / "types.pt")
safetensors("types.safetensors", types)

# Views: tied, transposed, sliced, repeated, permuted, inside a parameter; nested under one key.
base = torch.randn(6, 8)
cube = torch.randn(3, 4, 5).to(torch.bfloat16)
views = collections.OrderedDict([
    ("base", base), ("tied", base), ("transposed", base.t()), ("row", base[2]), ("column", base[:, 3]),
    ("block", base[1:4, 2:7]), ("strided", base[::2, 1::3]), ("expanded", base[0].expand(4, 8)),
    ("cube", cube.permute(2, 0, 1)), ("inner", cube[:, 1:3, ::2]),
    ("parameter", torch.nn.Parameter(torch.randn(2, 2))),
])
torch.save({"state_dict": views}, HERE / "views.pt")
safetensors("views.safetensors", views)

# What a module saves: an ordered dictionary with _metadata, and a non-tensor value beside the tensors.
module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
state = module.state_dict()
state["step"] = 12
torch.save(state, HERE / "module.pt")
safetensors("module.safetensors", {key: value for key, value in state.items() if key != "step"})

# The format before PyTorch 1.6.
torch.save(views, HERE / "legacy.pt", _use_new_zipfile_serialization=False)


class Exploit:
    def __reduce__(self):
        import os
        return os.system, ("true",)


torch.save({"weight": torch.ones(2), "hook": Exploit()}, HERE / "exploit.pt")


def newer(name):
    """What PyTorch 2 writes for tensors whose storage is untyped: byteorder, more entries, _rebuild_tensor_v3."""
    def text(value):
        raw = value.encode()
        return b"X" + struct.pack("<I", len(raw)) + raw
    def tensor(key, count, size, stride):
        return (b"ctorch._utils\n_rebuild_tensor_v3\n((" + text("storage") + b"ctorch.storage\nUntypedStorage\n"
                + text(key) + text("cpu") + b"K" + bytes([count]) + b"tQK\x00(" + size + b"t(" + stride + b"t\x89"
                + b"ccollections\nOrderedDict\n)Rctorch\nuint16\ntR")
    pkl = (b"\x80\x02ccollections\nOrderedDict\n)R(" + text("a") + tensor("0", 8, b"K\x02K\x02", b"K\x02K\x01") + b"u.")
    with zipfile.ZipFile(HERE / name, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("archive/data.pkl"), pkl, zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("archive/.format_version"), "1")
        archive.writestr(zipfile.ZipInfo("archive/byteorder"), "little")
        archive.writestr(zipfile.ZipInfo("archive/data/0"), struct.pack("<4H", 1, 2, 3, 65535))
        archive.writestr(zipfile.ZipInfo("archive/version"), "3\n")
        archive.writestr(zipfile.ZipInfo("archive/.data/serialization_id"), "0123456789")


newer("newer.pt")

# The mean of rows as PyTorch computes it, for the row that a resized vocabulary gains.
rows = torch.randn(1001, 24)
safetensors("mean.safetensors", {"rows": rows.half().float(), "mean": rows.half().float().mean(dim=0)})
