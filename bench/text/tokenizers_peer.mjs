// Encodes documents with Hugging Face's Rust tokenizers on one thread (TOKENIZERS_PARALLELISM=false).
//
//     node tokenizers_peer.mjs NAME TOKENIZER.json TEXTS.jsonl        (in the folder with node_modules)
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const [name, json, file] = process.argv.slice(2);
const require = createRequire(path.join(process.cwd(), 'package.json'));
const { Tokenizer } = require('@anush008/tokenizers');
const tokenizer = Tokenizer.fromString(fs.readFileSync(json, 'utf8'));
const texts = fs.readFileSync(file, 'utf8').trimEnd().split('\n').map(line => JSON.parse(line));

let [best, tokens] = [Infinity, 0];
for (let round = 0; round < 4; round++) {
  const start = performance.now();
  const encodings = await tokenizer.encodeBatch(texts, { addSpecialTokens: false });
  best = Math.min(best, (performance.now() - start) / 1000);
  if (round === 0)
    tokens = encodings.reduce((sum, encoding) => sum + encoding.getLength(), 0);
}
console.log(JSON.stringify({
  engine: 'tokenizers', tokenizer: name, texts: path.basename(file, '.jsonl'),
  bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0), tokens, seconds: best,
}));
