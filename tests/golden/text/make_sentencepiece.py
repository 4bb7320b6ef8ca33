"""Writes sentencepiece.json: the ids that SentencePiece gives for every text of strings.json.

    /usr/bin/python3 make_sentencepiece.py DATA        (DATA: the folder with models/ and tokenizers/)
"""
import json
import pathlib
import sys

import sentencepiece

if __name__ == "__main__":
    here = pathlib.Path(__file__).parent
    data = pathlib.Path(sys.argv[1])
    strings = json.loads((here / "strings.json").read_text(encoding="utf-8"))
    result = {}
    for name in ("tokenizers/llama2", "models/stories260k"):
        processor = sentencepiece.SentencePieceProcessor(str(data / name / "tokenizer.model"))
        result[name] = [processor.encode(text) for text in strings]
    (here / "sentencepiece.json").write_text(json.dumps(result, separators=(",", ":")) + "\n", encoding="utf-8")
