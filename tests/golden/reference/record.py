"""Random models and documents, and what every architecture's reference directory holds.

The values are computed in double precision from single-precision weights and stored in single precision: they are the
exact result as far as single precision can tell, the same on every machine and with every thread count. The same is
computed once more in single precision, to be sure that the stated tolerances are fair.
"""

import math

import torch
import torch.nn.functional as F

from .files import write_json, write_safetensors

# What a single-precision implementation may differ by: |found - expected| <= absolute + relative * |expected|.
TOLERANCE = {
    "logits": {"absolute": 5e-5, "relative": 1e-5},
    "loss": {"absolute": 5e-6, "relative": 0.0},
    "gradient": {"absolute": 1e-5, "relative": 2e-5},
}


def random_weights(shapes, seed):
    """Matrices that keep the size of what goes through them, norm weights near 1, biases that matter."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in shapes.items():
        values = torch.randn(shape, generator=generator)
        if len(shape) == 2:
            weights[name] = values * 1.2 / math.sqrt(shape[1])
        else:
            weights[name] = values * 0.2 + (1.0 if name.endswith("weight") else 0.0)
    return weights


def random_documents(vocabulary, lengths, seed):
    """Ids and labels of documents whose prompts, and a few tokens in the middle, carry no loss (-100).

    The last document has a label at its very first token, where no position predicts it."""
    generator = torch.Generator().manual_seed(seed)
    documents = []
    for number, length in enumerate(lengths):
        ids = torch.randint(vocabulary, (length,), generator=generator)
        labels = ids.clone()
        if number < len(lengths) - 1:
            labels[: 1 + length // 3] = -100
        labels[length // 2] = -100
        documents.append((ids, labels))
    return documents


def pad(documents, pad_id=0):
    """Right-padded ids and labels, [documents, longest]."""
    longest = max(len(ids) for ids, _ in documents)
    ids = torch.stack([F.pad(ids, (0, longest - len(ids)), value=pad_id) for ids, _ in documents])
    labels = torch.stack([F.pad(labels, (0, longest - len(labels)), value=-100) for _, labels in documents])
    return ids, labels


def token_mean_loss(logits, labels):
    """Cross-entropy of logits at position i with the label at i + 1, summed over the batch / number of targets."""
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)


def target_count(documents):
    return sum(int((labels[1:] != -100).sum()) for _, labels in documents)


def compute(forward, config, weights, documents, dtype, pad_id=0):
    """(logits of each document, loss, gradients by name) of the right-padded batch."""
    leaves = {name: value.detach().to(dtype).requires_grad_() for name, value in weights.items()}
    ids, labels = pad(documents, pad_id)
    logits = forward(config, leaves, ids)
    loss = token_mean_loss(logits, labels)
    loss.backward()
    per_document = [logits[row, : len(ids)].detach() for row, (ids, _) in enumerate(documents)]
    return per_document, loss.detach(), {name: leaf.grad for name, leaf in leaves.items()}


def compute_separately(forward, config, weights, documents, dtype):
    """The same, each document alone, never padded."""
    leaves = {name: value.detach().to(dtype).requires_grad_() for name, value in weights.items()}
    logits = [forward(config, leaves, ids[None])[0] for ids, _ in documents]
    total = sum(F.cross_entropy(row[:-1], labels[1:], ignore_index=-100, reduction="sum")
                for row, (_, labels) in zip(logits, documents))
    loss = total / target_count(documents)
    loss.backward()
    return [row.detach() for row in logits], loss.detach(), {name: leaf.grad for name, leaf in leaves.items()}


def as_tensors(documents, result):
    """The tensors of expected.safetensors that every architecture has."""
    logits, loss, gradients = result
    tensors = {"loss": loss.float()}
    for number, (ids, labels) in enumerate(documents):
        tensors[f"input_ids.{number}"] = ids
        tensors[f"labels.{number}"] = labels
        tensors[f"logits.{number}"] = logits[number].float()
    for name, gradient in gradients.items():
        tensors[f"gradient.{name}"] = gradient.float()
    return tensors


def _kind(name):
    return name.split(".")[0]


def worst_share(found, expected, tolerance=TOLERANCE):
    """Per kind of tensor, the largest difference as a share of what its tolerance allows."""
    worst = {}
    for name, value in expected.items():
        if _kind(name) not in tolerance:
            continue
        allowed = tolerance[_kind(name)]
        share = (found[name] - value).abs() / (allowed["absolute"] + allowed["relative"] * value.abs())
        worst[_kind(name)] = max(worst.get(_kind(name), 0.0), float(share.max()))
    return worst


def check_fair(name, found, expected, tolerance=TOLERANCE):
    """Fails where plain single precision needs more than a third of what the tolerance allows."""
    worst = worst_share(found, expected, tolerance)
    shares = ", ".join(f"{kind} {share:.3f}" for kind, share in worst.items())
    print(f"{name}: single precision needs these shares of the tolerance: {shares}")
    if max(worst.values()) > 1 / 3:
        raise SystemExit(f"{name}: the stated tolerance is too tight for single precision")


def write_reference(directory, forward, shapes, config, documents, script, seed, pad_id=0, separately=False, facts=None,
                    more=None, dropped_prefix=""):
    """Makes one reference directory.

    `separately` is for models in which a document's logits depend on the length of its batch. `more` are tensors
    to store beside the common ones, `facts` what to say of them in expected.json. `dropped_prefix` is missing from the
    names in model.safetensors, as in files saved from a model without its head."""
    torch.set_num_threads(1)
    weights = random_weights(shapes(config), seed)
    alone = compute_separately(forward, config, weights, documents, torch.float64)
    padded = alone if separately else compute(forward, config, weights, documents, torch.float64, pad_id)
    single = (compute_separately if separately else compute)(forward, config, weights, documents, torch.float32)
    expected = as_tensors(documents, padded)
    check_fair(directory.name, as_tensors(documents, single), expected)
    apart = max(worst_share(as_tensors(documents, alone), expected).values())
    if apart > 0.05:
        raise SystemExit(f"{directory.name}: padded and separate documents differ")

    directory.mkdir(parents=True, exist_ok=True)
    write_json(directory / "config.json", config)
    write_safetensors(directory / "model.safetensors", {
        name[len(dropped_prefix):] if name.startswith(dropped_prefix) else name: value
        for name, value in weights.items()
    })
    write_safetensors(directory / "expected.safetensors", {**expected, **(more or {})})
    write_json(directory / "expected.json", {
        "script": script,
        "torch": torch.__version__,
        "computed_in": "float64, stored as float32",
        "batch": "each document alone" if separately else "right-padded; equal to each document alone",
        "documents": [len(ids) for ids, _ in documents],
        "target_tokens": target_count(documents),
        "loss": float(padded[1]),
        "tolerance": TOLERANCE,
        **(facts or {}),
    })
