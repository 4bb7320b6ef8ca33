"""Writes a synthetic LLaMA base (bf16) and two diffs over it, one in fp32 and one in bf16, as PyTorch shards with an
index. Usage: make.py DIR PARAMETERS_IN_MILLIONS SHARDS"""
import collections
import json
import math
import pathlib
import sys

import torch

folder, millions, shards = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
# As LLaMA 7B is built: 32 layers, width 4096 and MLP 11008 at 6.7 billion; narrower here.
LAYERS, VOCAB = 32, 32000
width = 64 * round(math.sqrt(millions * 1e6 / LAYERS / 12.06) / 64)
mlp = 64 * round(width * 2.6875 / 64)
torch.manual_seed(1)
noise = torch.randn(1 << 24)


def numbers(shape, scale):
    """Random enough for any compressor, and made at the speed of memory."""
    count = math.prod(shape)
    start = int(torch.randint(1 << 20, ()))
    return (noise[start:].repeat(1 + count // (len(noise) - start))[:count] * scale).reshape(shape)


def shapes():
    yield "model.embed_tokens.weight", (VOCAB, width)
    for i in range(LAYERS):
        for name in "qkvo":
            yield f"model.layers.{i}.self_attn.{name}_proj.weight", (width, width)
        yield f"model.layers.{i}.mlp.gate_proj.weight", (mlp, width)
        yield f"model.layers.{i}.mlp.up_proj.weight", (mlp, width)
        yield f"model.layers.{i}.mlp.down_proj.weight", (width, mlp)
        yield f"model.layers.{i}.input_layernorm.weight", (width,)
        yield f"model.layers.{i}.post_attention_layernorm.weight", (width,)
    yield "model.norm.weight", (width,)
    yield "lm_head.weight", (VOCAB, width)


names = list(shapes())
total = sum(math.prod(shape) for _, shape in names)
config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": width, "intermediate_size": mlp,
          "num_hidden_layers": LAYERS, "num_attention_heads": width // 64, "vocab_size": VOCAB}


def write(model, dtype, scale):
    """Shards of limited size, as every tool of the field writes them."""
    target = folder / model
    target.mkdir(parents=True)
    groups, size = [collections.OrderedDict()], 0
    for name, shape in names:
        if groups[-1] and size + math.prod(shape) > total / shards:
            groups.append(collections.OrderedDict())
            size = 0
        groups[-1][name] = shape
        size += math.prod(shape)
    weight_map = {}
    for i, group in enumerate(groups):
        file = f"pytorch_model-{i + 1:05}-of-{len(groups):05}.bin"
        tensors = ((name, numbers(shape, scale).to(dtype)) for name, shape in group.items())
        torch.save(collections.OrderedDict(tensors), target / file)
        weight_map.update((name, file) for name in group)
    (target / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    (target / "config.json").write_text(json.dumps(config))
    return len(groups)


written = write("base", torch.bfloat16, 0.02)
write("diff", torch.float32, 1e-4)
write("diff-bf16", torch.bfloat16, 1e-4)
largest = max(math.prod(shape) for _, shape in names) * 4
print(f"{total / 1e6:.0f} million parameters, {written} shards; largest tensor {largest / 1e6:.0f} MB in fp32")
