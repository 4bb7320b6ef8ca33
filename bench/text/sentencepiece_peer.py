"""Encodes documents with SentencePiece on one thread. Usage: sentencepiece_peer.py TOKENIZER TEXTS.jsonl"""
import json
import os
import sys
import time

import sentencepiece

folder, path = sys.argv[1:]
processor = sentencepiece.SentencePieceProcessor(model_file=f"{folder}/tokenizer.model")
with open(path) as file:
    texts = [json.loads(line) for line in file]
best = float("inf")
for _ in range(3):
    start = time.perf_counter()
    ids = processor.encode(texts, out_type=int, num_threads=1)
    best = min(best, time.perf_counter() - start)
print(json.dumps({
    "engine": "sentencepiece", "tokenizer": os.path.basename(folder.rstrip("/")),
    "texts": os.path.splitext(os.path.basename(path))[0], "bytes": sum(len(text.encode()) for text in texts),
    "tokens": sum(map(len, ids)), "seconds": best,
}))
