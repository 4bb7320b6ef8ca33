#!/usr/bin/env python3
"""Makes tests/golden/scalar_heads/{reward,value}: LLaMAs that give a number instead of logits, with every gradient.

    python3 tests/golden/scalar_heads.py           # PyTorch >= 1.13, numpy; a second; same bytes on every run

Each directory is a Hugging Face model directory (config.json, model.safetensors) with two more files:

expected.safetensors (numbers of document n = 0..3; L its length)
  input_ids.n              int64 [L]
  reward: score.n          float32 []       at the document's last token
  value:  values.n         float32 [L]      at every token
  targets.n                float32 [L]      (value) what the loss compares them with
  loss                     float32 []
  gradient.<parameter>     float32          of that loss

reward: documents 0 and 1 are chosen, 2 and 3 rejected; loss = mean of -log sigmoid(score.0 - score.2) and (1, 3).
value: loss = mean of squared differences over all tokens. expected.json: the tolerances.
"""

import pathlib

import torch

from reference import llama, parts, preference, record
from reference.files import write_json, write_safetensors

HERE = pathlib.Path(__file__).parent / "scalar_heads"
COMMON = {
    "vocab_size": 53, "hidden_size": 24, "intermediate_size": 36, "num_hidden_layers": 1, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "hidden_act": "silu", "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
    "torch_dtype": "float32",
}
REWARD = {"architectures": ["LlamaForSequenceClassification"], "model_type": "llama", "num_labels": 1,
          "id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}, **COMMON}
VALUE = {**REWARD, "architectures": ["LlamaForTokenClassification"]}
TOLERANCE = {name: record.TOLERANCE[of] for name, of in
             [("score", "logits"), ("values", "logits"), ("loss", "loss"), ("gradient", "gradient")]}


def shapes(config):
    result = {name: shape for name, shape in llama.shapes(config).items() if name != "lm_head.weight"}
    result["score.weight"] = [1, config["hidden_size"]]
    if config is VALUE:
        result["score.bias"] = [1]
    return result


def compute(config, weights, documents, targets, dtype):
    """The tensors of expected.safetensors."""
    leaves = {name: value.detach().to(dtype).requires_grad_() for name, value in weights.items()}
    ids = torch.nn.utils.rnn.pad_sequence(documents, batch_first=True)
    numbers = parts.linear(leaves, "score", llama.hidden_states(config, leaves, ids))[..., 0]
    if config is REWARD:
        scores = torch.stack([row[len(document) - 1] for row, document in zip(numbers, documents)])
        loss = preference.reward_model(scores[:2], scores[2:]).mean()
        found = {f"score.{n}": score for n, score in enumerate(scores)}
    else:
        values = [row[: len(document)] for row, document in zip(numbers, documents)]
        loss = ((torch.cat(values) - torch.cat(targets)) ** 2).mean()
        found = {f"values.{n}": row for n, row in enumerate(values)}
    loss.backward()
    found["loss"] = loss
    found.update({f"gradient.{name}": leaf.grad for name, leaf in leaves.items()})
    return {name: value.detach().float() for name, value in found.items()}


def main():
    torch.set_num_threads(1)
    for seed, (name, config) in enumerate({"reward": REWARD, "value": VALUE}.items(), start=31):
        generator = torch.Generator().manual_seed(seed)
        documents = [torch.randint(3, config["vocab_size"], (length,), generator=generator) for length in (9, 1, 14, 6)]
        targets = [torch.randn(len(document), generator=generator) for document in documents]
        weights = record.random_weights(shapes(config), seed)
        expected = compute(config, weights, documents, targets, torch.float64)
        single = compute(config, weights, documents, targets, torch.float32)
        record.check_fair(name, single, expected, TOLERANCE)
        inputs = {f"input_ids.{n}": document for n, document in enumerate(documents)}
        if config is VALUE:
            inputs.update({f"targets.{n}": target for n, target in enumerate(targets)})
        directory = HERE / name
        directory.mkdir(parents=True, exist_ok=True)
        write_json(directory / "config.json", config)
        write_safetensors(directory / "model.safetensors", weights)
        write_safetensors(directory / "expected.safetensors", {**expected, **inputs})
        write_json(directory / "expected.json", {
            "script": "tests/golden/scalar_heads.py", "torch": torch.__version__,
            "computed_in": "float64, stored as float32", "loss": float(expected["loss"]), "tolerance": TOLERANCE})


if __name__ == "__main__":
    main()
