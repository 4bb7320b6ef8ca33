#!/usr/bin/env python3
"""Makes tests/golden/nf4: quantised weights, what they mean, and LoRA's forward and backward pass over them.

    python3 tests/golden/nf4.py                    # PyTorch >= 1.13, numpy; a second; same bytes on every run

codes.safetensors
  map.nf4 [16], map.dynamic [256]    float32     the two code books
  example.weight [6], example.packed [3]         -1, -0.5, 0, 0.25, 0.5, 1 in one block

<case>.safetensors; the cases: small (3 x 7: odd, less than a block), zeros (5 x 40: a block of zeros, a block that is
zero but for one value, values exactly on thresholds), large (127 x 131: 260 blocks, so that two blocks of scales)
  weight                        float32 [out, in]
  packed                        uint8 [ceil(n / 2), 1]    even element in the high nibble
  absmax                        float32 [blocks]
  dequantised                   float32 [out, in]         from packed and absmax
  double.absmax                 uint8 [blocks]            quantised scales
  double.nested_absmax          float32 [blocks of scales]
  double.nested_offset          float32 []                mean of absmax, taken in double precision
  double.restored_absmax        float32 [blocks]          from the three above
(dequantised with quantised scales = dequantised / absmax * restored_absmax, so it is not stored.)

lora.safetensors: y = x Wt + scale (x At) Bt over W = the double-quantised weight of 24 x 40, without dropout
  weight, packed, double.*, as above; dequantised is here with quantised scales
  x [2, 5, 40], a [r, 40], b [24, r], y, gradient.y (given), gradient.x, gradient.a, gradient.b       float32
  merged                        float32 [24, 40]          W + scale B A

bitsandbytes.safetensors: the weight of lora.safetensors as bitsandbytes saves it, under the name `layer.weight`
  layer.weight                  uint8 [480, 1]
  layer.weight.{absmax uint8, quant_map, nested_absmax, nested_quant_map}
  layer.weight.quant_state.bitsandbytes__nf4     uint8: JSON text

expected.json: rank, scale and the tolerances.
"""

import json
import pathlib

import numpy as np
import torch

from reference import nf4
from reference.files import write_json, write_safetensors

HERE = pathlib.Path(__file__).parent / "nf4"
RANK, ALPHA = 4, 6.0
TOLERANCE = {
    "packed, double.absmax": "equal",
    "absmax, dequantised, double.nested_absmax": "equal",
    "double.nested_offset": {"absolute": 0.0, "relative": 2e-7},
    "double.restored_absmax": {"absolute": 5e-7, "relative": 1e-6},
    "y, gradient.*, merged": {"absolute": 1e-5, "relative": 1e-5},
}


def quantised(weight):
    packed, largest = nf4.quantise(weight)
    codes, second, offset = nf4.quantise_scales(largest)
    check_clear(largest, second, offset)
    arrays = {
        "weight": weight, "packed": packed[:, None], "absmax": largest,
        "dequantised": nf4.dequantise(packed, largest, weight.shape), "double.absmax": codes,
        "double.nested_absmax": second, "double.restored_absmax": nf4.dequantise_scales(codes, second, offset)}
    result = {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in arrays.items()}
    return {**result, "double.nested_offset": torch.tensor(offset)}


def check_clear(largest, second, offset):
    """Fails where another order of summing the mean, or a reciprocal, could change the code of a scale."""
    centred = largest.astype(np.float64) - offset
    scaled = centred / np.maximum(np.repeat(second, nf4.SCALE_BLOCK)[: len(centred)], 1e-30)
    if len(largest) > 1 and np.abs(scaled[:, None] - nf4.scale_midpoints()).min() < 1e-6:
        raise SystemExit("a scale lies between two codes: take another seed")


def with_zeros(random):
    weight = random.standard_normal(200).astype(np.float32)
    weight[64:128] = 0
    weight[128:192] = 0
    weight[150] = -0.3
    weight[0] = 1  # the block's largest, so that the next values stand exactly on the thresholds
    weight[1:64] = np.resize(nf4.THRESHOLDS, 63)
    return weight.reshape(5, 40)


def lora(random):
    weight = (random.standard_normal((24, 40)) / 6).astype(np.float32)
    result = quantised(weight)
    base = nf4.dequantise(result["packed"][:, 0].numpy(), result["double.restored_absmax"].numpy(), weight.shape)
    result["dequantised"] = torch.from_numpy(base)
    given = {name: random.standard_normal(shape).astype(np.float32) / 3 for name, shape in
             [("x", (2, 5, 40)), ("a", (RANK, 40)), ("b", (24, RANK)), ("gradient.y", (2, 5, 24))]}
    leaves = {name: torch.from_numpy(given[name]).double().requires_grad_() for name in "xab"}
    scale, wide = ALPHA / RANK, torch.from_numpy(base).double()
    y = leaves["x"] @ wide.T + scale * (leaves["x"] @ leaves["a"].T) @ leaves["b"].T
    y.backward(torch.from_numpy(given["gradient.y"]).double())
    result.update({name: torch.from_numpy(value) for name, value in given.items()})
    result.update({f"gradient.{name}": leaf.grad.float() for name, leaf in leaves.items()})
    result["y"] = y.detach().float()
    result["merged"] = (wide + scale * leaves["b"] @ leaves["a"]).detach().float()
    return result


def as_bitsandbytes(layer):
    state = {
        "quant_type": "nf4", "blocksize": nf4.BLOCK, "dtype": "float32", "shape": list(layer["weight"].shape),
        "nested_blocksize": nf4.SCALE_BLOCK, "nested_dtype": "float32",
        "nested_offset": float(layer["double.nested_offset"])}
    return {
        "layer.weight": layer["packed"],
        "layer.weight.absmax": layer["double.absmax"],
        "layer.weight.quant_map": torch.from_numpy(nf4.CODE_BOOK),
        "layer.weight.nested_absmax": layer["double.nested_absmax"],
        "layer.weight.nested_quant_map": torch.from_numpy(nf4.dynamic_map()),
        "layer.weight.quant_state.bitsandbytes__nf4": torch.tensor(list(json.dumps(state).encode()), dtype=torch.uint8)}


def main():
    HERE.mkdir(exist_ok=True)
    random = np.random.Generator(np.random.PCG64(5))
    example = np.array([-1, -0.5, 0, 0.25, 0.5, 1], np.float32)
    packed = nf4.quantise(example)[0]
    assert packed.tolist() == [0x02, 0x7A, 0xCF], "the published example"
    entries = nf4.dynamic_map()
    assert len(entries) == 256 and entries[127] == 0 and entries[255] == 1 and entries[0] == np.float32(-0.99296875)

    write_safetensors(HERE / "codes.safetensors", {
        "map.nf4": torch.from_numpy(nf4.CODE_BOOK), "map.dynamic": torch.from_numpy(entries),
        "example.weight": torch.from_numpy(example), "example.packed": torch.from_numpy(packed)})
    write_safetensors(HERE / "small.safetensors", quantised(random.standard_normal((3, 7)).astype(np.float32)))
    write_safetensors(HERE / "zeros.safetensors", quantised(with_zeros(random)))
    spread = np.exp(random.standard_normal((127, 1))) * random.standard_normal((127, 131)) / 30
    write_safetensors(HERE / "large.safetensors", quantised(spread.astype(np.float32)))
    layer = lora(random)
    write_safetensors(HERE / "lora.safetensors", layer)
    write_safetensors(HERE / "bitsandbytes.safetensors", as_bitsandbytes(layer))
    write_json(HERE / "expected.json", {
        "script": "tests/golden/nf4.py", "numpy": np.__version__, "torch": torch.__version__, "rank": RANK,
        "alpha": ALPHA, "scale": ALPHA / RANK, "tolerance": TOLERANCE})


if __name__ == "__main__":
    main()
