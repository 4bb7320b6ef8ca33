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
rows = torch.randn(501, 64)
safetensors("mean.safetensors", {"rows": rows.half().float(), "mean": rows.half().float().mean(dim=0)})


# ---- A diff by the original algorithm: fp32, new rows of the base are the mean of the old ones. ----
def folder(name):
    path = HERE / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def write_model(name, tensors, config=None):
    folder(name)
    safetensors(f"{name}/model.safetensors", tensors)
    (HERE / name / "config.json").write_text(json.dumps(config or {"model_type": "llama"}))


def extend(weight, rows):
    mean = weight.mean(dim=0, keepdim=True)
    return torch.cat([weight, mean.expand(rows - len(weight), -1)])


raw = {"model.embed_tokens.weight": torch.randn(90, 64).half(), "lm_head.weight": torch.randn(90, 64).half(),
       "model.layers.0.mlp.up_proj.weight": torch.randn(24, 64).half(), "model.norm.weight": torch.ones(64).half()}
tuned = {name: (torch.cat([w.float(), torch.randn(3, 64)]) if len(w) == 90 else w.float()) for name, w in raw.items()}
tuned = {name: w + 0.01 * torch.randn_like(w) * (torch.rand_like(w) * 4).exp() for name, w in tuned.items()}
wide = {name: w.float() for name, w in raw.items()}
wide = {name: extend(w, 93) if len(w) == 90 else w for name, w in wide.items()}
diff = {name: tuned[name] - wide[name] for name in tuned}
write_model("raw", raw)
write_model("tuned", tuned)
write_model("diff", diff)
safetensors("recovered.safetensors", {name: diff[name] + wide[name] for name in diff})

# ---- Meta's files: the same random LLaMA with grouped queries, in 1, 2 and 4 ranks. ----
DIM, LAYERS, HEADS, KV, FFN, VOCAB = 32, 2, 8, 4, 48, 64
D = DIM // HEADS


def halves(weight, heads):
    """Adjacent rotary pairs to halves, head by head, written with plain indexing."""
    order = [h * D + (2 * j if j < D // 2 else 2 * (j - D // 2) + 1) for h in range(heads) for j in range(D)]
    return weight[order]


AXES = {"attention.wq": 0, "attention.wk": 0, "attention.wv": 0, "attention.wo": 1, "feed_forward.w1": 0,
        "feed_forward.w2": 1, "feed_forward.w3": 0}
SHAPES = {"attention.wq": (DIM, DIM), "attention.wk": (KV * D, DIM), "attention.wv": (KV * D, DIM),
          "attention.wo": (DIM, DIM), "feed_forward.w1": (FFN, DIM), "feed_forward.w2": (DIM, FFN),
          "feed_forward.w3": (FFN, DIM)}
HF = {"attention.wq": "self_attn.q_proj", "attention.wk": "self_attn.k_proj", "attention.wv": "self_attn.v_proj",
      "attention.wo": "self_attn.o_proj", "feed_forward.w1": "mlp.gate_proj", "feed_forward.w2": "mlp.down_proj",
      "feed_forward.w3": "mlp.up_proj", "attention_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
meta = {"tok_embeddings.weight": (torch.randn(VOCAB, DIM), 1), "output.weight": (torch.randn(VOCAB, DIM), 0),
        "norm.weight": (torch.randn(DIM), None), "rope.freqs": (torch.randn(D // 2), None)}
for i in range(LAYERS):
    for name, shape in SHAPES.items():
        meta[f"layers.{i}.{name}.weight"] = (torch.randn(shape), AXES[name])
    for name in ("attention_norm", "ffn_norm"):
        meta[f"layers.{i}.{name}.weight"] = (torch.randn(DIM), None)
meta = {name: (weight.to(torch.bfloat16), axis) for name, (weight, axis) in meta.items()}
expected = {"model.embed_tokens.weight": meta["tok_embeddings.weight"][0], "lm_head.weight": meta["output.weight"][0],
            "model.norm.weight": meta["norm.weight"][0]}
for i in range(LAYERS):
    for name, target in HF.items():
        weight = meta[f"layers.{i}.{name}.weight"][0]
        weight = halves(weight, HEADS) if name == "attention.wq" else halves(weight, KV) if name == "attention.wk" else weight
        expected[f"model.layers.{i}.{target}.weight"] = weight
safetensors("meta.safetensors", expected)
for ranks in (1, 2, 4):
    target = folder(f"meta{ranks}")
    for rank in range(ranks):
        part = {name: weight if axis is None else weight.chunk(ranks, axis)[rank].clone() for name, (weight, axis) in meta.items()}
        torch.save(part, target / f"consolidated.{rank:02}.pth")
    (target / "params.json").write_text(json.dumps(
        {"dim": DIM, "n_layers": LAYERS, "n_heads": HEADS, "n_kv_heads": KV, "norm_eps": 1e-5, "vocab_size": -1}))

# ---- DeepSpeed ZeRO, three ranks: stage 2 partitions groups, stage 3 splits every parameter. ----
W = 3
shapes = [collections.OrderedDict([("model.model.embed_tokens.weight", (7, 5)), ("model.lm_head.weight", (11,))]),
          collections.OrderedDict([("model.model.norm.weight", (4,)), ("model.scalar", ())])]
params = {name: torch.randn(shape) for group in shapes for name, shape in group.items()}
frozen = torch.randn(2, 5).half()
buffers = {"model.steps": torch.tensor([3.0])}
safetensors("zero.safetensors", {**{name[6:]: w for name, w in params.items()}, "frozen": frozen.float(), "steps": buffers["model.steps"]})


def pad(vector, multiple):
    return torch.cat([vector, torch.zeros(-len(vector) % multiple)])


class LossScaler:
    def __init__(self):
        self.scale = 65536.0


def model_state(fragment):
    return {"module": dict(buffers), "buffer_names": list(buffers), "optimizer": None,
            "param_shapes": [collections.OrderedDict((n, torch.Size(s)) for n, s in g.items()) for g in shapes],
            "frozen_param_shapes": {"model.frozen": frozen.shape}, "frozen_param_fragments": {"model.frozen": fragment},
            "shared_params": {"model.tied": "model.lm_head.weight"}, "ds_version": "0.10.0", "dp_world_size": W}


for stage in (1, 2, 3):
    tag = folder(f"zero{stage}/global_step10")
    (HERE / f"zero{stage}" / "latest").write_text("global_step10")
    vectors = [pad(torch.cat([params[n].reshape(-1) for n in g]), 2 * W).chunk(W) for g in shapes]
    for rank in range(W):
        optim = {"zero_stage": stage, "partition_count": [W, W] if stage < 3 else W, "loss_scaler": LossScaler(),
                 "base_optimizer_state": {"state": {0: {"step": 10}}, "param_groups": []}}
        if stage < 3:
            optim["single_partition_of_fp32_groups"] = [v[rank].clone() for v in vectors]
        else:
            mine = torch.cat([pad(params[n].reshape(-1), W).chunk(W)[rank] for g in shapes for n in g])
            # Sub-groups end in the middle of parameters.
            optim["fp32_flat_groups"] = [piece.clone() for piece in mine.split(10)]
        torch.save({"optimizer_state_dict": optim, "ds_version": "0.10.0"},
                   tag / f"zero_pp_rank_{rank}_mp_rank_00_optim_states.pt")
        fragment = pad(frozen.reshape(-1).float(), W).half().chunk(W)[rank].clone() if stage == 3 else frozen
        if stage == 3 or rank == 0:
            name = f"zero_pp_rank_{rank}_mp_rank_00" if stage == 3 else "mp_rank_00"
            torch.save(model_state(fragment), tag / f"{name}_model_states.pt")

# ---- LoRA: rank 2 on two layers, one of them with its own alpha. ----
base = {"model.embed_tokens.weight": torch.randn(10, 6), "model.layers.0.self_attn.q_proj.weight": torch.randn(6, 6).bfloat16(),
        "model.layers.0.mlp.down_proj.weight": torch.randn(6, 9).bfloat16()}
write_model("lora-base", base)
factors, merged = {}, dict(base)
for name, alpha in (("model.layers.0.self_attn.q_proj", 16), ("model.layers.0.mlp.down_proj", 8)):
    w = base[name + ".weight"]
    a, b = torch.randn(2, w.shape[1]), torch.randn(w.shape[0], 2)
    factors[f"base_model.model.{name}.lora_A.weight"], factors[f"base_model.model.{name}.lora_B.weight"] = a, b
    merged[name + ".weight"] = (w.float() + alpha / 2 * (b @ a)).bfloat16()
folder("lora")
torch.save(factors, HERE / "lora" / "adapter_model.bin")
(HERE / "lora" / "adapter_config.json").write_text(json.dumps(
    {"peft_type": "LORA", "r": 2, "lora_alpha": 16, "alpha_pattern": {"mlp.down_proj": 8}, "bias": "none",
     "target_modules": ["q_proj", "down_proj"], "base_model_name_or_path": None}))
safetensors("lora-merged.safetensors", merged)

# ---- The logits of Meta's model by Meta's own algorithm: adjacent rotary pairs as complex numbers, keys repeated. ----
def norm(x, weight):
    return x * (x.pow(2).mean(-1, keepdim=True) + 1e-5).rsqrt() * weight


def rotate(x, positions):
    """x: [seq, heads, D]"""
    angles = positions[:, None] * 10000.0 ** (-torch.arange(0, D, 2).double() / D)
    turned = torch.view_as_complex(x.reshape(*x.shape[:-1], D // 2, 2)) * torch.polar(torch.ones_like(angles), angles)[:, None]
    return torch.view_as_real(turned).reshape(x.shape)


def meta_logits(ids):
    w = {name: weight.double() for name, (weight, _) in meta.items()}
    x, positions = w["tok_embeddings.weight"][ids], torch.arange(len(ids)).double()
    mask = torch.full((len(ids), len(ids)), float("-inf"), dtype=torch.float64).triu(1)
    for i in range(LAYERS):
        layer = {name.split(".", 2)[2][:-len(".weight")]: value for name, value in w.items() if name.startswith(f"layers.{i}.")}
        h = norm(x, layer["attention_norm"])
        q, k, v = (h @ layer[f"attention.w{c}"].T for c in "qkv")
        q, k = rotate(q.view(-1, HEADS, D), positions), rotate(k.view(-1, KV, D), positions)
        k, v = (t.view(-1, KV, D).repeat_interleave(HEADS // KV, dim=1) for t in (k, v))
        scores = torch.einsum("qhd,khd->hqk", q, k) / D ** 0.5 + mask
        x = x + torch.einsum("hqk,khd->qhd", scores.softmax(-1), v).reshape(len(ids), DIM) @ layer["attention.wo"].T
        h = norm(x, layer["ffn_norm"])
        gate = torch.nn.functional.silu(h @ layer["feed_forward.w1"].T)
        x = x + (gate * (h @ layer["feed_forward.w3"].T)) @ layer["feed_forward.w2"].T
    return norm(x, w["norm.weight"]) @ w["output.weight"].T


ids = torch.tensor([1, 17, 5, 63, 0, 42, 42, 9, 30, 11])
safetensors("meta-logits.safetensors", {"ids": ids, "logits": meta_logits(ids).float()})

# ---- EasyLM's streamed files of the same model, with a MessagePack writer of the published format. ----
def pack(value):
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if value is None:
        return b"\xc0"
    if isinstance(value, int):
        return bytes([value]) if value < 128 else b"\xce" + struct.pack(">I", value)
    if isinstance(value, str):
        raw = value.encode()
        return (bytes([0xa0 | len(raw)]) if len(raw) < 32 else b"\xd9" + bytes([len(raw)])) + raw
    if isinstance(value, bytes):
        return (b"\xc4" + bytes([len(value)]) if len(value) < 256 else b"\xc5" + struct.pack(">H", len(value))) + value
    if isinstance(value, (tuple, list)):
        return bytes([0x90 | len(value)]) + b"".join(map(pack, value))
    if isinstance(value, dict):
        return bytes([0x80 | len(value)]) + b"".join(pack(k) + pack(v) for k, v in value.items())
    raw = pack((list(value.shape), str(value.dtype).split(".")[1], value.contiguous().view(torch.int16).numpy().tobytes()
                if value.dtype == torch.bfloat16 else value.contiguous().numpy().tobytes()))
    return b"\xc8" + struct.pack(">H", len(raw)) + b"\x01" + raw


def chunked(tensor, count):
    return {"__msgpack_chunked_array__": True, "shape": {str(i): size for i, size in enumerate(tensor.shape)},
            "chunks": {str(i): piece for i, piece in enumerate(tensor.reshape(-1).split(count))}}


flax = {("transformer", "wte", "embedding"): meta["tok_embeddings.weight"][0],
        ("transformer", "ln_f", "kernel"): meta["norm.weight"][0], ("lm_head", "kernel"): meta["output.weight"][0].t()}
for i in range(LAYERS):
    for name in list(SHAPES) + ["attention_norm", "ffn_norm"]:
        weight = meta[f"layers.{i}.{name}.weight"][0]
        flax[("transformer", "h", str(i), *name.split("."), "kernel")] = weight.t() if weight.dim() == 2 else weight
(HERE / "easylm").mkdir(exist_ok=True)
with open(HERE / "easylm" / "streaming_params", "wb") as file:
    for key, value in flax.items():
        file.write(pack((key, pack(value))))
with open(HERE / "easylm" / "streaming_train_state", "wb") as file:
    file.write(pack((("step",), pack(10))))
    for key, value in flax.items():
        value = chunked(value, 700) if key[-2] == "wte" else value
        file.write(pack((("params", "params", *key), pack(value))))
        file.write(pack((("opt_state", "mu", *key), pack(torch.zeros(3)))))
(HERE / "easylm" / "config.json").write_text(json.dumps(
    {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": VOCAB, "hidden_size": DIM,
     "intermediate_size": FFN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": KV,
     "rms_norm_eps": 1e-5}))

# ---- A universal checkpoint of the parameters of the ZeRO folders. ----
(folder("universal") / "latest_universal").write_text("ds_universal_step10")
for i, (name, weight) in enumerate(params.items()):
    target = folder(f"universal/ds_universal_step10/zero/{name}")
    torch.save(weight if i % 2 else {"param": weight, "cat_dim": 0}, target / "fp32.pt")
    torch.save({"param": torch.zeros_like(weight)}, target / "exp_avg.pt")
