"""The plain Python converter that `caravan data prepare stanford_alpaca` is measured against: json and the same
mapping. Usage: peer.py RAW.json TEMPLATES.json OUT.jsonl"""
import json
import os
import random
import sys

templates = json.load(open(sys.argv[2]))
with_input, without_input = templates["with_input"], templates["without_input"]
weights = {True: [t["weight"] for t in with_input], False: [t["weight"] for t in without_input]}
random.seed(42)

with open(sys.argv[3], "w") as out:
    for index, record in enumerate(json.load(open(sys.argv[1]))):
        instruction = record["instruction"].strip()
        given = (record.get("input") or "").strip()
        output = record["output"].strip()
        template = random.choices(with_input if given else without_input, weights[bool(given)])[0]
        prompt = template["prompt"].replace("{instruction}", instruction).replace("{input}", given)
        completion = template.get("completion", "{output}").replace("{output}", output)
        out.write(json.dumps({
            "dataset": "stanford_alpaca",
            "id": f"stanford_alpaca_{index}",
            "messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": completion}],
        }) + "\n")
    out.flush()
    os.fsync(out.fileno())  # as Caravan does
