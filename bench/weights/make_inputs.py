"""Writes, beside the base model that make.py made, a LoRA adapter for it and a ZeRO-3 checkpoint of the same size.
Usage: make_inputs.py DIR"""
import collections
import json
import pathlib
import sys

import torch

folder = pathlib.Path(sys.argv[1])
RANKS, RANK = 4, 64
torch.manual_seed(2)
shapes = collections.OrderedDict()
for file in sorted((folder / "base").glob("*.bin")):
    shapes.update((name, tensor.shape) for name, tensor in torch.load(file).items())

adapter = folder / "adapter"
adapter.mkdir()
factors = {}
for name, shape in shapes.items():
    if "_proj.weight" in name:
        module = f"base_model.model.{name[:-len('.weight')]}"
        factors[f"{module}.lora_A.weight"] = torch.randn(RANK, shape[1]) * 1e-2
        factors[f"{module}.lora_B.weight"] = torch.randn(shape[0], RANK) * 1e-2
torch.save(factors, adapter / "adapter_model.bin")
(adapter / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": RANK, "lora_alpha": 16}))

step = folder / "zero" / "global_step1"
step.mkdir(parents=True)
(folder / "zero" / "latest").write_text("global_step1")
count = sum(-(-shape.numel() // RANKS) for shape in shapes.values())
for rank in range(RANKS):
    state = {"zero_stage": 3, "partition_count": RANKS, "fp32_flat_groups": list(torch.randn(count).split(100_000_000))}
    torch.save({"optimizer_state_dict": state}, step / f"zero_pp_rank_{rank}_mp_rank_00_optim_states.pt")
    torch.save({"module": {}, "buffer_names": [], "param_shapes": [shapes]},
               step / f"zero_pp_rank_{rank}_mp_rank_00_model_states.pt")
