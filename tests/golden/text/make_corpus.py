"""Writes corpus.json: hashes of the ids of more than 100,000 texts, in blocks, for SentencePiece's own models, hashes
of the texts that it decodes these ids to, and how many of them are the texts that went in; and the texts as JSON Lines,
for make_corpus.mjs, which adds the other tokenizers.

    /usr/bin/python3 make_corpus.py DATA TEXTS.jsonl        (DATA: the folder with models/, tokenizers/, eval/, …)

The texts are every line of the data's text files and random ones; CorpusTexts.cs makes the same. Lines that hold a
special token of LLaMA are left out: SentencePiece itself knows no special tokens in text.
"""
import hashlib
import json
import pathlib
import struct
import sys

import sentencepiece

BLOCK = 500
RANDOM_TEXTS = 60_000
MASK = (1 << 64) - 1
RANGES = [
    (0x20, 0x7E), (0x20, 0x7E), (0x61, 0x7A), (0x30, 0x39), (0x00, 0xFF), (0x100, 0x24F), (0x300, 0x36F),
    (0x370, 0x52F),
    (0x590, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F), (0x1100, 0x11FF), (0x2000, 0x206F), (0x2190, 0x23FF),
    (0x2580, 0x259F),
    (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xE010), (0xFB00, 0xFDFF), (0xFE00, 0xFFFD),
    (0x1F1E6, 0x1F1FF), (0x1F300, 0x1F64F), (0x1D400, 0x1D7FF), (0x20000, 0x200FF),
]
WORDS = [
    "the ", "caravan", " ", "  ", "\n", "\t", "\r\n", "'s", "'LL", "1234", "\u200d", "\ufe0f", "e\u0301", "\u2581",
    "\u00a0", "_", "...", "</", "<0x0A>",
]


class Random:
    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.state >> 33) % bound


def random_texts():
    random = Random(20230519)
    for _ in range(RANDOM_TEXTS):
        parts = []
        first, last = RANGES[random.below(len(RANGES))]
        for _ in range(1 + random.below(40)):
            kind = random.below(8)
            if kind == 0:
                first, last = RANGES[random.below(len(RANGES))]
            if kind == 1:
                parts.append(WORDS[random.below(len(WORDS))])
            else:
                parts.append(chr(first + random.below(last - first + 1)))
        yield "".join(parts)


def data_texts(data):
    folders = ["eval/alpaca_eval", "eval/bbh", "eval/gsm8k", "human_eval", "raw/code_alpaca"]
    paths = sorted(
        path.relative_to(data).as_posix()
        for folder in folders for path in (data / folder).rglob("*")
        if path.suffix in (".json", ".jsonl", ".txt", ".md"))
    for path in paths:
        yield from (data / path).read_bytes().decode("utf-8").split("\n")


def texts(data):
    for source in (data_texts(data), random_texts()):
        for text in source:
            if not any(token in text for token in ("<s>", "</s>", "<unk>")):
                yield text


def digest(parts):
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def main():
    data = pathlib.Path(sys.argv[1])
    everything = list(texts(data))
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        for text in everything:
            file.write(json.dumps(text) + "\n")
    golden = {"texts": len(everything), "block": BLOCK, "hashes": {}, "decoded": {}, "round_trips": {}}
    for name in ("tokenizers/llama2", "models/stories260k"):
        processor = sentencepiece.SentencePieceProcessor(str(data / name / "tokenizer.model"))
        hashes, decoded = [], []
        same = 0
        for start in range(0, len(everything), BLOCK):
            block = everything[start:start + BLOCK]
            sequences = processor.encode(block)
            back = [processor.decode(ids) for ids in sequences]
            hashes.append(digest(struct.pack(f"<{len(ids) + 1}i", *ids, -1) for ids in sequences))
            decoded.append(digest(text.encode("utf-8") + b"\xff" for text in back))
            same += sum(text == own for text, own in zip(block, back))
        golden["hashes"][name], golden["decoded"][name], golden["round_trips"][name] = hashes, decoded, same
    path = pathlib.Path(__file__).with_name("corpus.json")
    path.write_text(json.dumps(golden) + "\n", encoding="utf-8")
    print(len(everything), "texts")


if __name__ == "__main__":
    main()
