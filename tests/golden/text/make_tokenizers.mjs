// Writes tokenizers.json: the ids that Hugging Face's Rust tokenizers give for every text of strings.json, and
// transformers.json: the ids of transformers.js.
//
//     npm install @anush008/tokenizers@0.6.0 @huggingface/transformers@4.3.1
//     node make_tokenizers.mjs DATA        (DATA: the folder with tokenizers/)
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const here = import.meta.dirname;
const data = process.argv[2];
const require = createRequire(path.join(process.cwd(), 'package.json'));
const { Tokenizer } = require('@anush008/tokenizers');
const strings = JSON.parse(fs.readFileSync(path.join(here, 'strings.json'), 'utf8'));

// OPT comes as vocab.json and merges.txt, which neither library reads here: the same model as a tokenizer.json.
function opt() {
  const folder = path.join(data, 'tokenizers/opt');
  const vocab = JSON.parse(fs.readFileSync(path.join(folder, 'vocab.json'), 'utf8'));
  const merges = fs.readFileSync(path.join(folder, 'merges.txt'), 'utf8').split('\n')
    .filter(line => line && !line.startsWith('#version'));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const added = ['<s>', '<pad>', '</s>', '<unk>'].map(content => ({
    id: vocab[content], content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true,
  }));
  return JSON.stringify({
    version: '1.0', truncation: null, padding: null, added_tokens: added, normalizer: null,
    pre_tokenizer: byteLevel, post_processor: byteLevel, decoder: byteLevel,
    model: {
      type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null,
      fuse_unk: false, byte_fallback: false, vocab, merges,
    },
  });
}

const read = name => fs.readFileSync(path.join(data, name, 'tokenizer.json'), 'utf8');
const files = {
  'tokenizers/pythia': read('tokenizers/pythia'),
  'tokenizers/olmo2': read('tokenizers/olmo2'),
  'tokenizers/opt': opt(),
};

const rust = {};
for (const [name, json] of Object.entries(files)) {
  const tokenizer = Tokenizer.fromString(json);
  rust[name] = [];
  for (const text of strings)
    rust[name].push([...(await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds()]);
}
fs.writeFileSync(path.join(here, 'tokenizers.json'), JSON.stringify(rust) + '\n');
