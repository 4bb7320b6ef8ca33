import fs from 'node:fs';
import path from 'node:path';

// OPT comes as vocab.json and merges.txt, which neither library reads here: the same model as a tokenizer.json.
export function opt(data, addPrefixSpace = false) {
  const folder = path.join(data, 'tokenizers/opt');
  const vocab = JSON.parse(fs.readFileSync(path.join(folder, 'vocab.json'), 'utf8'));
  const merges = fs.readFileSync(path.join(folder, 'merges.txt'), 'utf8').split('\n')
    .filter(line => line && !line.startsWith('#version'));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true, use_regex: true };
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
