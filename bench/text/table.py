"""Reads the JSON lines of bench/text/run.sh and prints tables in Markdown, with our figures as ratios to the peers'."""
import json
import sys

lines = [json.loads(line) for line in sys.stdin]
rates = [line for line in lines if "bytes" in line]


def find(engine, own):
    return next((line for line in rates if line["engine"] == engine and line["tokenizer"] == own["tokenizer"]
                 and line["texts"] == own["texts"]), None)


def ratio(own, peer):
    if peer is None:
        return ""
    # The same tokens, or the comparison is worth nothing.
    assert own["tokens"] == peer["tokens"], (own, peer)
    return f"{peer['bytes'] / peer['seconds'] / 1e6:.1f} MB/s: {peer['seconds'] / own['seconds']:.1f} ×, " \
           f"first {peer['seconds'] / own['first_seconds']:.1f} ×"


print("| tokenizer | texts | Caravan | on first sight | to SentencePiece | to Hugging Face (Rust) | "
      "allocated beyond the ids |")
print("|---|---|---|---|---|---|---|")
for own in (line for line in rates if line["engine"] == "caravan"):
    mb = own["bytes"] / 1e6
    print(f"| {own['tokenizer']} | {own['texts']} | {mb / own['seconds']:.1f} MB/s | "
          f"{mb / own['first_seconds']:.1f} MB/s | "
          f"{ratio(own, find('sentencepiece', own))} | {ratio(own, find('tokenizers', own))} | "
          f"{max(0, own['allocated_per_token']):.2f} bytes a token |")

print("\n| tokenizer | ids | cold load | first text after it |\n|---|---|---|---|")
loads = [line for line in lines if "load_ms" in line]
for name in dict.fromkeys(line["tokenizer"] for line in loads):
    best = min((line for line in loads if line["tokenizer"] == name), key=lambda line: line["load_ms"])
    print(f"| {name} | {best['vocabulary']:,} | {best['load_ms']:.0f} ms | {best['first_encoding_ms']:.0f} ms |")

print("\n| tokenizer | one word of | letters | seconds | ns a letter |\n|---|---|---|---|---|")
for line in lines:
    if "word_length" in line:
        print(f"| {line['tokenizer']} | {line['word_length']:,} | "
              f"{line['letters']} | {line['seconds']:.2f} | "
              f"{line['seconds'] / line['word_length'] * 1e9:.0f} |")
