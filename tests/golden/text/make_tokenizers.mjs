// Writes tokenizers.json: the ids that Hugging Face's Rust tokenizers give for every text of strings.json.
//
//     npm install @anush008/tokenizers@0.6.0
//     node make_tokenizers.mjs DATA        (DATA: the folder with tokenizers/)
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { opt } from './opt.mjs';

const here = import.meta.dirname;
const data = process.argv[2];
const require = createRequire(path.join(process.cwd(), 'package.json'));
const { Tokenizer } = require('@anush008/tokenizers');
const strings = JSON.parse(fs.readFileSync(path.join(here, 'strings.json'), 'utf8'));

const read = name => fs.readFileSync(path.join(data, name, 'tokenizer.json'), 'utf8');
const files = {
  'tokenizers/pythia': read('tokenizers/pythia'),
  'tokenizers/olmo2': read('tokenizers/olmo2'),
  'tokenizers/opt': opt(data),
  'tokenizers/opt with add_prefix_space': opt(data, true),
};

const rust = {};
for (const [name, json] of Object.entries(files)) {
  const tokenizer = Tokenizer.fromString(json);
  rust[name] = [];
  for (const text of strings)
    rust[name].push([...(await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds()]);
}
fs.writeFileSync(path.join(here, 'tokenizers.json'), JSON.stringify(rust) + '\n');
