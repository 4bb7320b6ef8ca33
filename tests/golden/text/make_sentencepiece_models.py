"""Trains small SentencePiece models, one for each behaviour that the real ones do not show, and writes what SentencePiece
makes of every text of strings.json (and of texts around the special pieces): sentencepiece/NAME.model and NAME.json.

    /usr/bin/python3 make_sentencepiece_models.py
"""
import json
import os
import pathlib
import random

import sentencepiece

# The published rules take a quarter of a megabyte, so all but one model have a few of our own.
RULES = {"ﬁ": "fi", "½": "1/2", "Ａ": "a", "㍿": "株式会社", "e\u0301": "é", "\t": " ", "\n": " ", "\u200b": "", "X": "xx", "sand": "dust",
         "\U0001f42a": "camel"}
OWN_RULES = dict(normalization_rule_tsv="rules.tsv")

MODELS = {
    "unigram": dict(model_type="unigram", vocab_size=300, normalization_rule_name="identity"),
    "unigram-nmt-nfkc": dict(model_type="unigram", vocab_size=300, normalization_rule_name="nmt_nfkc"),
    "unigram-bytes": dict(model_type="unigram", vocab_size=520, byte_fallback=True, **OWN_RULES),
    "unigram-user": dict(model_type="unigram", vocab_size=300, user_defined_symbols=["<sep>", "sand dune", "<s2>"],
                         control_symbols=["<ctl>"], **OWN_RULES),
    "bpe-rules": dict(model_type="bpe", vocab_size=300, **OWN_RULES),
    "bpe-user": dict(model_type="bpe", vocab_size=560, byte_fallback=True, user_defined_symbols=["<sep>", "sand dune", "salt"],
                     control_symbols=["<ctl>"], normalization_rule_name="identity", remove_extra_whitespaces=False),
    "bpe-suffix": dict(model_type="bpe", vocab_size=300, treat_whitespace_as_suffix=True, normalization_rule_name="identity"),
    "bpe-plain": dict(model_type="bpe", vocab_size=300, add_dummy_prefix=False, remove_extra_whitespaces=False,
                      normalization_rule_name="identity"),
}
OWN = ["<sep>", "a<sep>b <sep> c", "sand dune sand  dunes", "<s2><sep>", "<ctl> is no text", "salt saltsalt asalt", "ﬁne ½ Ａ ㍿", "€€ x €",
       "the € caravan €", "¡¿", "  two  spaces  ", "İstanbul ẞ", "e\u0301 \u00e9", "한국어 \u1112\u1161\u11ab", "\u200b\u200d\ufeff", "\t tab\n"]
NOUNS = ["caravan", "camel", "salt", "sand dune", "well", "oasis", "trader", "night", "star", "wind", "tent", "road", "city", "fire"]
VERBS = ["crosses", "finds", "leaves", "loads", "remembers", "follows", "counts", "sells", "carries", "waters"]
EXTRA = ["the", "a", "an old", "every", "no", "that distant", "their", "one tired", "café", "naïve", "Ørsted's", "12", "2023"]


def corpus():
    source = random.Random(3)
    return [f"{source.choice(EXTRA).capitalize()} {source.choice(NOUNS)} {source.choice(VERBS)} {source.choice(EXTRA)} "
            f"{source.choice(NOUNS)}{source.choice(['.', '!', '?', ', then rests.'])}" for _ in range(4000)]


if __name__ == "__main__":
    here = pathlib.Path(__file__).resolve().parent
    texts = json.loads((here / "strings.json").read_text(encoding="utf-8")) + OWN
    # A model remembers the paths that it was made from, so these are relative.
    os.chdir(here / "sentencepiece")
    rules = pathlib.Path(OWN_RULES["normalization_rule_tsv"])
    codes = [["%X" % ord(c) for c in text] for pair in RULES.items() for text in pair]
    rules.write_text("".join(f"{' '.join(a)}\t{' '.join(b)}\n" for a, b in zip(codes[::2], codes[1::2])), encoding="utf-8")
    for name, options in MODELS.items():
        model = pathlib.Path(name)
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(corpus()), model_prefix=str(model), num_threads=1, hard_vocab_limit=False,
            minloglevel=2, **options)
        model.with_suffix(".vocab").unlink()
        processor = sentencepiece.SentencePieceProcessor(f"{model}.model")
        ids = [processor.encode(text) for text in texts]
        content = {"texts": OWN, "ids": ids, "decoded": [processor.decode(text) for text in ids]}
        model.with_suffix(".json").write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
    rules.unlink()
