// Writes components.json: what Hugging Face's Rust tokenizers make of every text of strings.json with each component
// that a tokenizer.json can have.
//
//     npm install @anush008/tokenizers@0.6.0
//     node make_components.mjs        (in the folder with node_modules)
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const here = import.meta.dirname;
const require = createRequire(path.join(process.cwd(), 'package.json'));
const { Tokenizer } = require('@anush008/tokenizers');
const strings = JSON.parse(fs.readFileSync(path.join(here, 'strings.json'), 'utf8'));
const split = (pattern, behavior, invert = false) => ({ type: 'Split', pattern, behavior, invert });

const normalizers = [
  { type: 'NFC' }, { type: 'NFD' }, { type: 'NFKC' }, { type: 'NFKD' }, { type: 'Lowercase' }, { type: 'StripAccents' },
  { type: 'Strip', strip_left: true, strip_right: false }, { type: 'Strip', strip_left: false, strip_right: true },
  { type: 'Prepend', prepend: '\u2581' }, { type: 'Nmt' }, { type: 'ByteLevel' },
  { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' },
  { type: 'Replace', pattern: { String: 'aa' }, content: '<>' },
  { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
  { type: 'Replace', pattern: { Regex: '[\\p{P}\\d]' }, content: '' },
  { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  { type: 'BertNormalizer', clean_text: false, handle_chinese_chars: false, strip_accents: null, lowercase: false },
  { type: 'Sequence', normalizers: [{ type: 'NFKD' }, { type: 'StripAccents' }, { type: 'Lowercase' }] },
  {
    type: 'Sequence',
    normalizers: [{ type: 'Prepend', prepend: '\u2581' },
      { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' }],
  },
];

const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const tiktoken = digits => "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + digits
  + '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const o200k = '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+'
  + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
  + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*"
  + '|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const falcon = {
  type: 'Sequence',
  pretokenizers: [{ type: 'Punctuation', behavior: 'Contiguous' },
    { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    { type: 'Digits', individual_digits: false }, split({ Regex: '[0-9][0-9][0-9]' }, 'Isolated')],
};
const preTokenizers = [
  { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  { type: 'BertPreTokenizer' }, { type: 'Whitespace' }, { type: 'WhitespaceSplit' },
  { type: 'Digits', individual_digits: true }, { type: 'Digits', individual_digits: false },
  ...['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']
    .flatMap(behavior => [{ type: 'Punctuation', behavior }, split({ String: 'a' }, behavior),
      split({ Regex: '\\s' }, behavior), split({ Regex: '[a-z]+' }, behavior, true)]),
  { type: 'CharDelimiterSplit', delimiter: ' ' },
  { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: true },
  { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'first', split: true },
  { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'never', split: true },
  { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: false },
  split({ Regex: gpt2 }, 'Isolated'), split({ Regex: `(?:${gpt2})` }, 'Isolated'),
  split({ Regex: tiktoken('\\p{N}{1,3}') }, 'Isolated'), split({ Regex: `(?:${tiktoken('\\p{N}{1,3}')})` }, 'Isolated'),
  split({ Regex: tiktoken('\\p{N}') }, 'Isolated'), split({ Regex: tiktoken('\\p{N}') }, 'Removed', true),
  split({ Regex: o200k }, 'Isolated'),
  split({ Regex: '[\\u4e00-\\u9fff\\u3040-\\u30ff]+' }, 'Isolated'),
  split({ Regex: '\\d{1,3}(?=(?:\\d{3})*\\b)' }, 'Isolated'),
  split({ Regex: '(?<=[a-z])(?=[A-Z])|_' }, 'Isolated'), split({ Regex: '\\p{Han}|[[:punct:]]+?' }, 'Isolated'),
  split({ Regex: '(?>\\w+)|[^\\w\\s]++' }, 'Removed', true), split({ Regex: '\\bc\\w*|^.|.$' }, 'Isolated'),
  {
    type: 'Sequence',
    pretokenizers: [{ type: 'Digits', individual_digits: true },
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }],
  },
  falcon,
  {
    type: 'Sequence',
    pretokenizers: [{ type: 'WhitespaceSplit' },
      { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: false },
      { type: 'Sequence', pretokenizers: [split({ Regex: '[^!-~]' }, 'MergedWithNext')] }],
  },
  {
    type: 'Sequence',
    pretokenizers: [{ type: 'WhitespaceSplit' },
      { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: true }],
  },
];

const bytes = [...Array(256).keys()].map(value => `<0x${value.toString(16).toUpperCase().padStart(2, '0')}>`);
const vocabulary = tokens => Object.fromEntries(tokens.map((token, id) => [token, id]));
const bpe = (tokens, merges, options) => ({
  type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null,
  fuse_unk: false, byte_fallback: false, vocab: vocabulary(tokens), merges, ...options,
});
const letters = [...'abcdefghijklmnopqrstuvwxyz \u2581'];
const pairs = ['t h', 'th e', 'e l', 'l l', 'ell o', 'el l', 'a b', 'ab ab', 'a a',
  'aa aa', 'c a', 'ca r', '\u2581 the', 'w o'];
const joined = pairs.map(pair => pair.replace(' ', ''));
const visible = value => value >= 0x21 && value <= 0x7e
  || value >= 0xa1 && value <= 0xac || value >= 0xae && value <= 0xff;
let extra = 0x100;
const alphabet = [...Array(256).keys()].map(value => String.fromCharCode(visible(value) ? value : extra++));
const bytePairs = ['t h', 'th e', '\u0120 the', '\u00c3 \u00a9', '\u00e4 \u00bd', '\u00e4\u00bd \u0142',
  'c a', 'ca r', '1 2', '12 3'];
const byteLevel = bpe([...alphabet, ...bytePairs.map(pair => pair.replace(' ', ''))], bytePairs, {});
const models = [
  { model: bpe(['<unk>', ...letters, ...joined, 'o'],
    pairs.filter(p => !p.includes('ell o')), { unk_token: '<unk>' }) },
  { model: bpe(['<unk>', ...letters, ...joined],
    pairs.filter(p => !p.includes('ell o')), { unk_token: '<unk>', fuse_unk: true }) },
  { model: bpe(['<unk>', ...bytes, ...letters, ...joined], pairs.filter(p => !p.includes('ell o')),
    { unk_token: '<unk>', fuse_unk: true, byte_fallback: true }) },
  { model: bpe([...letters, ...joined], pairs.filter(p => !p.includes('ell o')), {}) },
  { pre_tokenizer: falcon, model: byteLevel },
  { normalizer: { type: 'ByteLevel' }, pre_tokenizer: split({ Regex: '.\\p{L}*' }, 'Isolated'), model: byteLevel },
  { normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'ByteLevel' }] }, model: byteLevel },
  {
    pre_tokenizer: { type: 'WhitespaceSplit' },
    model: bpe(['<unk>', ...[...'abcdefghijklmnopqrstuvwxyz'].flatMap(c => [c, `${c}</w>`]), 'th', 'the</w>', 'ca'],
      ['t h', 'th e</w>', 'c a'], { unk_token: '<unk>', end_of_word_suffix: '</w>' }),
  },
  {
    pre_tokenizer: { type: 'WhitespaceSplit' },
    model: bpe(['<unk>', ...[...'abcdefghijklmnopqrstuvwxyz'].flatMap(c => [c, `##${c}`]), 'th', 'the', '##el', 'ca'],
      ['t ##h', 'th ##e', '##e ##l', 'c ##a'], { unk_token: '<unk>', continuing_subword_prefix: '##' }),
  },
  {
    pre_tokenizer: { type: 'BertPreTokenizer' },
    model: {
      type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 20,
      vocab: vocabulary(['[UNK]', 'the', 'car', '##a', '##van', 'hello', 'world', 'w', '##o', '##r', '##ld',
        '.', ',', '\u00e9', 'a', '##b', '##ab']),
    },
  },
  {
    pre_tokenizer: { type: 'Whitespace' },
    model: { type: 'WordLevel', unk_token: '<unk>', vocab: vocabulary(['<unk>', 'the', 'Hello', 'world', 'a']) },
  },
  {
    pre_tokenizer: { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: true },
    model: {
      type: 'Unigram', unk_id: 0, byte_fallback: false,
      vocab: [['<unk>', 0], ['\u2581', -2], ['\u2581the', -3.5], ['\u2581car', -4.25], ['a', -3],
        ['van', -5.5], ['c', -5], ['ar', -4.5],
        ['e', -3.25], ['h', -4], ['t', -4.125], ['l', -4.75], ['ll', -6],
        ['o', -4], ['\u2581Hello', -7], ['w', -6], ['or', -5.25], ['ab', -4.5], ['abab', -7]],
    },
  },
  {
    pre_tokenizer: null,
    model: {
      type: 'Unigram', unk_id: 0, byte_fallback: true,
      vocab: [['<unk>', 0], ...bytes.map(b => [b, -20]), [' ', -2], ['the', -3.5], ['a', -3],
        ['e', -3.25], ['aa', -6.5], ['aaa', -8]],
    },
  },
];

const decoders = [
  { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  { type: 'WordPiece', prefix: '##', cleanup: true }, { type: 'WordPiece', prefix: '##', cleanup: false },
  { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: true },
  { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'never', split: true },
  { type: 'BPEDecoder', suffix: '</w>' },
  { type: 'CTC', pad_token: '<pad>', word_delimiter_token: '|', cleanup: true },
  { type: 'CTC', pad_token: '<pad>', word_delimiter_token: '|', cleanup: false },
  { type: 'ByteFallback' }, { type: 'Fuse' },
  { type: 'Strip', content: ' ', start: 1, stop: 0 }, { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' },
  {
    type: 'Sequence',
    decoders: [{ type: 'Replace', pattern: { String: '\u2581' }, content: ' ' },
      { type: 'ByteFallback' }, { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 }],
  },
];
const tokenLists = [
  ['\u2581the', '\u2581car', 'a', 'van'], ['the', 'car', '##a', '##van', '.', "n't", 'I', "'m", ',', 'do', 'not'],
  ['th', 'e</w>', 'car</w>'], ['<0xE4>', '<0xBD>', '<0xA0>', '\u2581', '<0xE4>', '<0xBD>', 'x', '<0xFF>'],
  ['\u0120the', '\u0120caf', '\u00c3\u00a9', '\u010a', '\u00e4\u00bd'],
  ['\u2581\u2581a', '\u2581', 'b', ' c '], ['a'], ['\u2581'],
  ['<pad>', 'a', 'a', '<pad>', 'a', '|', '|', '<pad>', 'b', 'b', 'c', '|', "n't", ' do not', '<pad>', '<pad>'],
];

const base = {
  version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null,
  post_processor: null, decoder: null, model: { type: 'WordLevel', vocab: { '<unk>': 0 }, unk_token: '<unk>' },
};
const make = parts => Tokenizer.fromString(JSON.stringify({ ...base, ...parts }));
const result = { normalizers: [], preTokenizers: [], models: [], decoders: [] };
for (const normalizer of normalizers) {
  const component = make({ normalizer }).getNormalizer();
  result.normalizers.push({ config: normalizer, texts: strings.map(text => component.normalizeString(text)) });
}
for (const pre_tokenizer of preTokenizers) {
  const component = make({ pre_tokenizer }).getPreTokenizer();
  result.preTokenizers.push({
    config: pre_tokenizer,
    words: strings.map(text => component.preTokenizeString(text).map(([word]) => word)),
  });
}
for (const parts of models) {
  const tokenizer = make(parts);
  const ids = [];
  for (const text of strings)
    ids.push([...(await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds()]);
  result.models.push({ config: { ...base, ...parts }, ids });
}
for (const decoder of decoders) {
  const component = make({ decoder }).getDecoder();
  const cases = tokenLists.map(tokens => ({ tokens, text: component.decode(tokens) }));
  result.decoders.push({ config: decoder, cases });
}
fs.writeFileSync(path.join(here, 'components.json'), JSON.stringify(result) + '\n');
