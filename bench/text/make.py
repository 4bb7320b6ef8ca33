"""Writes the texts that tokenizers are measured on, one JSON string a line: prose and code from the data beside the
repository, and made-up words in many scripts. Usage: make.py DATA OUT"""
import glob
import gzip
import json
import os
import random
import sys

data, out = sys.argv[1:]
random.seed(7)


def lines(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(f"{data}/{path}", "rt") as file:
        return [json.loads(line) for line in file]


def load(path):
    with open(f"{data}/{path}") as file:
        return json.load(file)


def write(name, texts):
    texts = [text for text in texts if text]
    random.shuffle(texts)
    with open(f"{out}/{name}.jsonl", "w") as file:
        for text in texts:
            file.write(json.dumps(text) + "\n")
    print(f"{name}: {len(texts)} texts, {sum(len(text.encode()) for text in texts)} bytes", file=sys.stderr)


prose = [f"{row['question']}\n{row['answer']}" for part in ("train", "test") for row in lines(f"eval/gsm8k/{part}.jsonl")][::3]
prose += [f"{row['instruction']}\n{row['output']}" for row in load("eval/alpaca_eval/text_davinci_003_outputs.json")]
for path in sorted(glob.glob(f"{data}/eval/bbh/bbh/*.json")):
    with open(path) as file:
        prose += [example["input"] for example in json.load(file)["examples"]][::8]
for row in lines("human_eval/eval_instances_tulu_1.jsonl"):
    prose += [row["prompt"]] + [completion["completion"] for completion in row["completions"]]
write("prose", prose)

code = [row["prompt"] + row["canonical_solution"] + row["test"] for row in lines("eval/humaneval/HumanEval.jsonl.gz")]
code += [row["output"] for row in load("raw/code_alpaca/code_alpaca_2k.json")]
code += [row["response"] for row in load("raw/code_alpaca/new_codealpaca.json")]
write("code", code)

# Letters, how many make a word at least and at most, and what stands between two words.
scripts = [
    ("abcdefghijklmnopqrstuvwxyzäöüßéèàçñõåøæłśżčšž", 2, 11, " "),
    ("абвгдежзийклмнопрстуфхцчшщъыьэюя", 2, 12, " "),
    ("αβγδεζηθικλμνξοπρστυφχψωάέήίόύώ", 2, 11, " "),
    ("ابتثجحخدذرزسشصضطظعغفقكلمنهوي", 2, 8, " "),
    ("אבגדהוזחטיכלמנסעפצקרשת", 2, 7, " "),
    ("कखगघचछजझटठडढतथदधनपफबभमयरलवशषसहािीुूेैोौ्", 2, 9, " "),
    ("กขคงจฉชซญดตถทธนบปผพฟมยรลวสหอะาิีุูเแโไ่้", 3, 9, ""),
    ([chr(point) for point in range(0xAC00, 0xAC00 + 2400, 3)], 1, 5, " "),
    ([chr(point) for point in range(0x3042, 0x3094)] + [chr(point) for point in range(0x4E00, 0x4E00 + 3000)], 1, 4, ""),
]
multilingual = []
for letters, shortest, longest, space in scripts:
    # Words of a language are not equally frequent: the n-th most frequent comes up about 1/n as often as the first.
    words = ["".join(random.choices(letters, k=random.randint(shortest, longest))) for _ in range(20000)]
    weights = [1 / (rank + 2.7) for rank in range(len(words))]
    for _ in range(500):
        sentences = []
        for _ in range(random.randint(2, 8)):
            sentence = space.join(random.choices(words, weights, k=random.randint(4, 20)))
            sentences.append(sentence[:1].upper() + sentence[1:] + random.choice(".!?,。"))
        multilingual.append(" ".join(sentences) + random.choice(["", "\n", f" {random.randint(1, 2030)}"]))
write("multilingual", multilingual)
