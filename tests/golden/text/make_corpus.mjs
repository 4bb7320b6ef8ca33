// Adds the hashes of Hugging Face's Rust tokenizers to corpus.json (ids, the texts that they decode to, and how many of
// these are the texts that went in), and lists where transformers.js gives other ids: it did on 7 (Pythia), 0 (OLMo 2)
// and 8 (OPT) of 113,148 texts. All of those hold U+FEFF, which is white space in JavaScript's \s alone, or U+0085,
// which is white space everywhere but there.
//
//     npm install @anush008/tokenizers@0.6.0 @huggingface/transformers@4.3.1
//     node make_corpus.mjs DATA TEXTS.jsonl        (in the folder with node_modules)
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { opt } from './opt.mjs';

const [data, textsPath] = process.argv.slice(2);
const require = createRequire(path.join(process.cwd(), 'package.json'));
const { Tokenizer } = require('@anush008/tokenizers');
const { PreTrainedTokenizer } = require('@huggingface/transformers');
const goldenPath = path.join(import.meta.dirname, 'corpus.json');
const golden = JSON.parse(fs.readFileSync(goldenPath, 'utf8'));
const texts = fs.readFileSync(textsPath, 'utf8').trimEnd().split('\n').map(line => JSON.parse(line));
const read = name => fs.readFileSync(path.join(data, name, 'tokenizer.json'), 'utf8');

for (const [name, json] of [
  ['tokenizers/pythia', read('tokenizers/pythia')], ['tokenizers/olmo2', read('tokenizers/olmo2')],
  ['tokenizers/opt', opt(data)],
]) {
  const rust = Tokenizer.fromString(json);
  const js = new PreTrainedTokenizer(JSON.parse(json), { tokenizer_class: 'PreTrainedTokenizer' });
  const [hashes, decoded] = [[], []];
  let [different, same] = [0, 0];
  for (let start = 0; start < texts.length; start += golden.block) {
    const [digest, back] = [crypto.createHash('sha256'), crypto.createHash('sha256')];
    for (const text of texts.slice(start, start + golden.block)) {
      const ids = [...(await rust.encode(text, null, { addSpecialTokens: false })).getIds()];
      digest.update(Buffer.from(Int32Array.from([...ids, -1]).buffer));
      const again = await rust.decode(ids, false);
      back.update(again).update(Buffer.of(0xff));
      same += again === text;
      const own = js.encode(text, { add_special_tokens: false });
      if (own.length !== ids.length || own.some((id, i) => id !== ids[i])) {
        if (different++ < 5)
          console.log(name, JSON.stringify(text.slice(0, 200)), `rust ${ids.slice(0, 30)}`, `js ${own.slice(0, 30)}`);
      }
    }
    hashes.push(digest.digest('hex').slice(0, 16));
    decoded.push(back.digest('hex').slice(0, 16));
  }
  [golden.hashes[name], golden.decoded[name], golden.round_trips[name]] = [hashes, decoded, same];
  console.log(`${name}: transformers.js differs on ${different} of ${texts.length} texts`);
}
fs.writeFileSync(goldenPath, JSON.stringify(golden) + '\n');
