"""Writes synthetic raw files: Alpaca-style records and ShareGPT-style conversations.
Usage: make.py DIR [ALPACA] [SHAREGPT]"""
import json
import os
import random
import sys

folder = sys.argv[1]
alpaca = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
sharegpt = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
random.seed(1)
letters = "abcdefghijklmnopqrstuvwxyzéü"
words = ["".join(random.choice(letters) for _ in range(random.randint(2, 9))) for _ in range(5000)]


def text(low, high):
    return " ".join(random.choices(words, k=random.randint(low, high)))


os.makedirs(f"{folder}/stanford_alpaca", exist_ok=True)
with open(f"{folder}/stanford_alpaca/alpaca_data.json", "w") as file:
    file.write("[\n")
    for i in range(alpaca):
        given = text(5, 30) if i % 5 < 2 else ""
        record = {"instruction": text(6, 20), "input": given, "output": text(5, 80) + "\n\"x\""}
        file.write((",\n" if i else "") + json.dumps(record, indent=4))
    file.write("\n]\n")

os.makedirs(f"{folder}/sharegpt", exist_ok=True)
with open(f"{folder}/sharegpt/sg_90k_part1_html_cleaned.json", "w") as file:
    json.dump([{"id": f"c{i}", "conversations": [
        {"from": "human" if turn % 2 == 0 else "gpt", "value": text(5, 40) if turn % 2 == 0 else text(50, 250)}
        for turn in range(random.randint(1, 12))]} for i in range(sharegpt)], file)
with open(f"{folder}/sharegpt/sg_90k_part2_html_cleaned.json", "w") as file:
    file.write("[]")
