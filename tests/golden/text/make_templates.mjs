// Compares templates.json with @huggingface/jinja and lists the templates of which the two make different texts.
//
//     npm install @huggingface/jinja@0.5.11
//     node make_templates.mjs        (in the folder with node_modules)
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const require = createRequire(path.join(process.cwd(), 'package.json'));
const { Template } = require('@huggingface/jinja');
const { variables, cases } = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, 'templates.json'), 'utf8'));
let same = 0;
cases.forEach(({ template, text }, index) => {
  let own;
  try {
    own = new Template(template).render(structuredClone(variables));
  } catch (error) {
    own = error;
  }
  if (own === text)
    same++;
  else
    console.log(`${index}: ${JSON.stringify(text)}\n   here: ${own instanceof Error ? own : JSON.stringify(own)}`);
});
console.log(`${same} of ${cases.length} are the same`);
