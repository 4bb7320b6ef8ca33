"""The plain Python converter that `caravan data prepare sharegpt` is measured against: json, SentencePiece and the same
split of conversations. Usage: peer_sharegpt.py RAW.json TOKENIZER.model OUT.jsonl"""
import json
import os
import sys

import sentencepiece

BUDGET, OVERHEAD = 4096, 7
ROLES = {"human": "user", "gpt": "assistant"}
tokenizer = sentencepiece.SentencePieceProcessor(model_file=sys.argv[2])


def pieces(turns):
    """Runs of whole pairs of messages that fit the budget; a pair that is too long by itself is left out."""
    start, used = 0, 0
    for i in range(0, len(turns), 2):
        cost = sum(len(tokenizer.encode(turn["value"])) + OVERHEAD for turn in turns[i:i + 2])
        if used + cost > BUDGET:
            if i > start:
                yield start, turns[start:i]
            start, used = (i + 2, 0) if cost > BUDGET else (i, cost)
        else:
            used += cost
    if len(turns) > start:
        yield start, turns[start:]


with open(sys.argv[3], "w") as out:
    for record in json.load(open(sys.argv[1])):
        turns = record["conversations"]
        for start, piece in pieces(turns[:len(turns) // 2 * 2]):
            if any(turn["from"] != ("human", "gpt")[i % 2] for i, turn in enumerate(piece)):
                continue
            out.write(json.dumps({
                "dataset": "sharegpt",
                "id": f"sharegpt_{record['id']}_{start}",
                "messages": [{"role": ROLES[turn["from"]], "content": turn["value"]} for turn in piece],
            }) + "\n")
    out.flush()
    os.fsync(out.fileno())  # as Caravan does
