"""Writes a SentencePiece BPE model, or vocab.json and merges.txt, as the tokenizer.json that Hugging Face's library reads.
Usage: tokenizer_json.py TOKENIZER OUT.json"""
import json
import os
import sys

folder, out = sys.argv[1:]


def sentencepiece_bpe():
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=f"{folder}/tokenizer.model")
    vocab = {processor.id_to_piece(i): i for i in range(len(processor))}
    merges = []
    for piece, merged in vocab.items():
        splits = [(piece[:i], piece[i:]) for i in range(1, len(piece)) if piece[:i] in vocab and piece[i:] in vocab]
        merges += [(merged, *split) for split in sorted(splits, key=lambda split: (vocab[split[0]], vocab[split[1]]))]
    merges.sort(key=lambda merge: -processor.get_score(merge[0]))
    return {
        "added_tokens": added({token: vocab[token] for token in ("<unk>", "<s>", "</s>")}),
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        "pre_tokenizer": None, "post_processor": None, "decoder": None,
        "model": model(vocab, [f"{left} {right}" for _, left, right in merges], "<unk>", True),
    }


def byte_level_bpe():
    with open(f"{folder}/vocab.json") as file:
        vocab = json.load(file)
    with open(f"{folder}/merges.txt") as file:
        merges = [line for line in file.read().split("\n") if line and not line.startswith("#version")]
    component = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "added_tokens": added({token: vocab[token] for token in ("<s>", "<pad>", "</s>", "<unk>")}),
        "normalizer": None, "pre_tokenizer": component, "post_processor": component, "decoder": component,
        "model": model(vocab, merges, None, False),
    }


def added(tokens):
    return [{"id": i, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": True} for content, i in tokens.items()]


def model(vocab, merges, unknown, fallback):
    return {"type": "BPE", "dropout": None, "unk_token": unknown, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": fallback, "byte_fallback": fallback, "vocab": vocab, "merges": merges}


document = sentencepiece_bpe() if os.path.exists(f"{folder}/tokenizer.model") else byte_level_bpe()
with open(out, "w") as file:
    json.dump({"version": "1.0", "truncation": None, "padding": None, **document}, file)
