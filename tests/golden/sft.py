#!/usr/bin/env python3
"""Makes tests/golden/sft: ten updates of supervised finetuning, of a whole tiny LLaMA and of LoRA adapters on it,
one of them over weights of 4 bits.

    python3 tests/golden/sft.py        # PyTorch >= 1.13, numpy; half a minute; same bytes on every run

model/              a Hugging Face model directory with a tokenizer of single bytes and no merges: id = byte, 256 = </s>
train.jsonl         conversations; one is longer than the limit
settings.json       the keys of the run, for all; what `lora` and `qlora` add
expected.json       tolerances; per update the loss (mean over its target tokens), the gradient's norm before clipping and
                    the learning rate, for `full`, `lora` and `qlora`
full.safetensors    every parameter after the last update
lora.safetensors, qlora.safetensors     the adapters after the last update, by PEFT's names

Everything is written out here from the published descriptions, without a look at how Caravan does it, except for the
order of the records, which is Caravan's own: its generator (xoshiro256** seeded with SHA-256) and its packing (best-fit
decreasing in windows of 4096) are repeated below.
"""

import hashlib
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

from reference import files, llama, nf4, record

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "sft"
MASK = (1 << 64) - 1
EOS = 256

CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 257, "hidden_size": 24,
    "intermediate_size": 52, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "max_position_embeddings": 160, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
    "tie_word_embeddings": False, "eos_token_id": EOS, "torch_dtype": "float32",
}

SETTINGS = {
    "packing": True, "max_seq_length": 160, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 2,
    "max_train_steps": 10, "learning_rate": 5e-3, "lr_scheduler_type": "linear", "warmup_steps": 2,
    "weight_decay": 0.1, "adam_epsilon": 1e-6, "clip_grad_norm": 1.0, "seed": 7,
}
LORA = {"use_lora": True, "lora_rank": 4, "lora_alpha": 8, "lora_dropout": 0, "learning_rate": 2e-2}
QLORA = {**LORA, "use_qlora": True}
TOLERANCE = {"loss": {"absolute": 2e-5, "relative": 0}, "parameter": {"absolute": 5e-5, "relative": 1e-5}}


# The data

def conversations():
    words = "red blue green yellow seven eleven camel desert water well night star".split()
    for i in range(22):
        first = [words[(i * 5 + k) % len(words)] for k in range(1 + i % 3)]
        messages = [{"role": "user", "content": f"Repeat: {' '.join(first)} "},
                    {"role": "assistant", "content": f" {', '.join(reversed(first))}"}]
        if i % 4 == 1:
            messages.insert(0, {"role": "system", "content": "Be brief."})
        if i % 5 == 2:
            messages += [{"role": "user", "content": "Again?"}, {"role": "assistant", "content": first[0]}]
        yield {"dataset": "golden", "id": f"golden-{i}", "messages": messages}
    yield {"dataset": "golden", "id": "golden-long", "messages": [
        {"role": "user", "content": "Count."}, {"role": "assistant", "content": " ".join(str(n) for n in range(70))}]}


def rendered(messages):
    """Tülu's layout, without the last trim."""
    text = ""
    for message in messages:
        end = [EOS] if message["role"] == "assistant" else []
        text += f"<|{message['role']}|>\n{message['content'].strip()}" + ("\0" if end else "") + "\n"
    return text


def ids_of(text):
    return [EOS if byte == 0 else byte for byte in text.encode()]


def tokenize(messages):
    """Ids and labels by the prefix method: what is not an assistant's is masked, headers included."""
    limit = SETTINGS["max_seq_length"]
    ids = ids_of(rendered(messages).rstrip("\n"))[:limit]
    labels = list(ids)
    for i, message in enumerate(messages):
        if message["role"] == "assistant":
            continue
        start = len(ids_of(rendered(messages[:i])))
        end = len(ids_of(rendered(messages[: i + 1])))
        if i + 1 < len(messages) and messages[i + 1]["role"] == "assistant":
            end += len(b"<|assistant|>\n")
        labels[start:end] = [-100] * (min(end, limit) - start)
    return ids, labels


# The order of the records

class Random:
    """xoshiro256**, its state the SHA-256 of seed and purpose."""

    def __init__(self, seed, purpose):
        digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
        self.state = [int.from_bytes(digest[8 * i : 8 * i + 8], "little") for i in range(4)]

    def bits(self):
        s = self.state
        result = rotate(s[1] * 5 & MASK, 7) * 9 & MASK
        shifted = s[1] << 17 & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = rotate(s[3], 45)
        return result

    def below(self, bound):
        threshold = (1 << 64) % bound
        while True:
            product = self.bits() * bound
            if product & MASK >= threshold:
                return product >> 64

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]


def rotate(x, by):
    return (x << by | x >> (64 - by)) & MASK


def pack(order, lengths, capacity):
    """Longest first, each into the fullest bin that takes it; of equally full ones the last that became so."""
    bins, by_room = [], {}
    for item in sorted(order, key=lambda index: -lengths[index]):
        fitting = [room for room, stack in by_room.items() if stack and room >= lengths[item]]
        if fitting:
            room = min(fitting)
            place = by_room[room].pop()
        else:
            room, place = capacity, len(bins)
            bins.append([])
        bins[place].append(item)
        by_room.setdefault(room - lengths[item], []).append(place)
    return bins


def updates(lengths):
    """For each update its micro-batches, each a list of rows."""
    result, epoch = [], 0
    while len(result) < SETTINGS["max_train_steps"]:
        random = Random(SETTINGS["seed"], f"epoch {epoch}")
        order = list(range(len(lengths)))
        random.shuffle(order)
        bins = pack(order, lengths, SETTINGS["max_seq_length"])
        random.shuffle(bins)
        per_batch, accumulation = SETTINGS["per_device_train_batch_size"], SETTINGS["gradient_accumulation_steps"]
        batches = [sum(bins[i : i + per_batch], []) for i in range(0, len(bins), per_batch)]
        result += [batches[i : i + accumulation] for i in range(0, len(batches), accumulation)]
        epoch += 1
    return result[: SETTINGS["max_train_steps"]]


# The training: rows one by one, never packed, so that packing has to leave no trace

def loss_sum(weights, row):
    ids, labels = row
    logits = llama.forward(CONFIG, weights, torch.tensor([ids]))[0]
    return F.cross_entropy(logits[:-1], torch.tensor(labels[1:]), ignore_index=-100, reduction="sum")


def learning_rate(update, peak):
    total, warmup = SETTINGS["max_train_steps"], SETTINGS["warmup_steps"]
    return peak * (update / warmup if update < warmup else (total - update) / (total - warmup))


def train(rows, trained, weights_of, peak):
    """AdamW on the leaves `trained`; `weights_of()` makes the model's weights of them."""
    lengths = [len(ids) for ids, _ in rows]
    mean = {name: torch.zeros_like(leaf) for name, leaf in trained.items()}
    square = {name: torch.zeros_like(leaf) for name, leaf in trained.items()}
    beta1, beta2 = 0.9, 0.999
    losses, norms, rates = [], [], []
    for update, batches in enumerate(updates(lengths)):
        chosen = [index for batch in batches for index in batch]
        targets = sum(label != -100 for index in chosen for label in rows[index][1][1:])
        total = 0.0
        for index in chosen:
            loss = loss_sum(weights_of(), rows[index]) / targets
            loss.backward()
            total += float(loss)
        norm = math.sqrt(sum(float((leaf.grad.double() ** 2).sum()) for leaf in trained.values()))
        clip = min(1.0, SETTINGS["clip_grad_norm"] / (norm + 1e-6))
        rate = learning_rate(update, peak)
        with torch.no_grad():
            for name, leaf in trained.items():
                gradient = leaf.grad * clip
                mean[name] = beta1 * mean[name] + (1 - beta1) * gradient
                square[name] = beta2 * square[name] + (1 - beta2) * gradient ** 2
                unbiased = mean[name] / (1 - beta1 ** (update + 1))
                root = (square[name] / (1 - beta2 ** (update + 1))).sqrt() + SETTINGS["adam_epsilon"]
                decay = SETTINGS["weight_decay"] if leaf.dim() == 2 else 0.0
                leaf.copy_(leaf * (1 - rate * decay) - rate * unbiased / root)
                leaf.grad = None
        losses.append(total)
        norms.append(norm)
        rates.append(rate)
    return {name: leaf.detach().float() for name, leaf in trained.items()}, {
        "loss": losses, "gradient_norm": norms, "learning_rate": rates}


def full(rows, weights, dtype):
    trained = {name: value.detach().clone().to(dtype).requires_grad_() for name, value in weights.items()}
    return train(rows, trained, lambda: trained, SETTINGS["learning_rate"])


def lora(rows, weights, dtype):
    """A uniform in +-1/sqrt(in), B zero, W + alpha/r B A; the same generator as libtorch's, seeded with the run's seed."""
    generator = torch.Generator().manual_seed(SETTINGS["seed"])
    frozen = {name: value.detach().to(dtype) for name, value in weights.items()}
    rank, scale = LORA["lora_rank"], LORA["lora_alpha"] / LORA["lora_rank"]
    trained, pairs = {}, {}
    for name, weight in frozen.items():
        if not name.endswith("_proj.weight"):
            continue
        outputs, inputs = weight.shape
        bound = 1 / math.sqrt(inputs)
        a = torch.empty(rank, inputs).uniform_(-bound, bound, generator=generator).to(dtype).requires_grad_()
        b = torch.zeros(outputs, rank, dtype=dtype).requires_grad_()
        module = "base_model.model." + name[: -len(".weight")]
        trained[module + ".lora_A.weight"], trained[module + ".lora_B.weight"] = a, b
        pairs[name] = (a, b)

    def merged():
        return {**frozen, **{name: frozen[name] + scale * (b @ a) for name, (a, b) in pairs.items()}}

    return train(rows, trained, merged, LORA["learning_rate"])


def qlora(rows, weights, dtype):
    """LoRA over what the linear layers' weights are after a trip through NF4 with quantised scales."""
    return lora(rows, {name: rounded(value) if name.endswith("_proj.weight") else value
                       for name, value in weights.items()}, dtype)


def rounded(weight):
    packed, largest = nf4.quantise(weight.numpy())
    codes, second, offset = nf4.quantise_scales(largest)
    greatest = np.repeat(second, nf4.SCALE_BLOCK)[: len(largest)]
    scaled = (largest.astype(np.float64) - offset) / np.maximum(greatest, 1e-30)
    if np.abs(scaled[:, None] - nf4.scale_midpoints()).min() < 1e-6:
        raise SystemExit("a scale lies between two codes, so that rounding decides: take another seed")
    return torch.from_numpy(nf4.dequantise(packed, nf4.dequantise_scales(codes, second, offset), weight.shape))


def write_tokenizer(folder):
    """Byte-level BPE without merges; the characters that stand for bytes are GPT-2's."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    vocabulary = {chr(byte): byte for byte in printable}
    vocabulary.update({chr(256 + i): byte for i, byte in enumerate(others)})
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    files.write_json(folder / "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None, "post_processor": None,
        "added_tokens": [{"id": EOS, "content": "</s>", "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": True}],
        "pre_tokenizer": level, "decoder": level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                  "vocab": dict(sorted(vocabulary.items(), key=lambda pair: pair[1])), "merges": []},
    })
    files.write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>", "model_max_length": 160})


def main():
    torch.set_num_threads(1)
    (FOLDER / "model").mkdir(parents=True, exist_ok=True)
    weights = record.random_weights(llama.shapes(CONFIG), seed=5)
    files.write_json(FOLDER / "model/config.json", CONFIG)
    files.write_safetensors(FOLDER / "model/model.safetensors", weights)
    write_tokenizer(FOLDER / "model")
    texts = list(conversations())
    (FOLDER / "train.jsonl").write_text("".join(json.dumps(text, ensure_ascii=False) + "\n" for text in texts))
    files.write_json(FOLDER / "settings.json", {**SETTINGS, "lora": LORA, "qlora": QLORA})
    rows = [tokenize(text["messages"]) for text in texts]
    expected = {"script": "tests/golden/sft.py", "tolerance": TOLERANCE}
    for name, method in (("full", full), ("lora", lora), ("qlora", qlora)):
        parameters, curve = method(rows, weights, torch.float64)
        single, single_curve = method(rows, weights, torch.float32)
        allowed = TOLERANCE["parameter"]
        share = max(float(((single[key] - value).abs() / (allowed["absolute"] + allowed["relative"] * value.abs())).max())
                    for key, value in parameters.items())
        if share > 1 / 3:
            raise SystemExit(f"{name}: PyTorch's single precision needs {share:.2f} of the parameters' tolerance")
        worst = max(abs(a - b) for a, b in zip(curve["loss"], single_curve["loss"]))
        if worst > TOLERANCE["loss"]["absolute"] / 3:
            raise SystemExit(f"{name}: PyTorch's single precision is {worst} away from the loss")
        files.write_safetensors(FOLDER / f"{name}.safetensors", parameters)
        expected[name] = curve
        print(name, [round(loss, 4) for loss in curve["loss"]])
    files.write_json(FOLDER / "expected.json", expected)


if __name__ == "__main__":
    main()
