// Compares templates.json with @huggingface/jinja, notes in it of which templates both make the same text, and lists the
// others: it prints truth values and lists as JavaScript does, and lacks some of Jinja.
//
//     npm install @huggingface/jinja@0.5.11
//     node make_templates.mjs        (in the folder with node_modules)
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const require = createRequire(path.join(process.cwd(), 'package.json'));
const { Template } = require('@huggingface/jinja');
const golden = path.join(import.meta.dirname, 'templates.json');
const { variables, cases } = JSON.parse(fs.readFileSync(golden, 'utf8'));
let same = 0;
cases.forEach((example, index) => {
  const { template, text } = example;
  let own;
  try {
    own = new Template(template).render(structuredClone(variables));
  } catch (error) {
    own = error;
  }
  example.huggingface = own === text;
  if (own === text)
    same++;
  else
    console.log(`${index}: ${JSON.stringify(text)}\n   here: ${own instanceof Error ? own : JSON.stringify(own)}`);
});
console.log(`${same} of ${cases.length} are the same`);
fs.writeFileSync(golden, JSON.stringify({ variables, cases }, null, 1) + '\n');
