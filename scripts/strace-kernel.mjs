// Compiles the kernel of the census, src/probes/strace-kernel/count.as.ts (AssemblyScript), into module.ts beside it.
// `npm run kernel`; with --print the module goes to stdout and no file is written.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const SOURCE = 'src/probes/strace-kernel/count.as.ts';
const MODULE = 'src/probes/strace-kernel/module.ts';
const LAYOUT = 'src/probes/strace-kernel/layout.ts';

const root = join(import.meta.dirname, '..');
const [, pages] = /export const PAGES = (\d+);/.exec(readFileSync(join(root, LAYOUT), 'utf8'));
let binary;
const { error, stderr } = await asc.main(
  [
    ...[SOURCE, '--baseDir', root, '--outFile', 'count.wasm', '-O3', '--converge', '--noAssert'],
    ...['--runtime', 'stub', '--enable', 'simd', '--initialMemory', pages, '--maximumMemory', pages],
  ],
  {
    writeFile: (name, contents) => {
      if (name === 'count.wasm') binary = contents;
    },
  },
);
if (error || !binary) {
  process.stderr.write(`${SOURCE} does not compile: ${error?.message ?? ''}\n${stderr}`);
  process.exit(1);
}
const base64 = Buffer.from(binary).toString('base64');
const lines = base64.match(/.{1,100}/g).map((part) => `  '${part}',`);
const text = `/** Made by \`npm run kernel\` out of count.as.ts. */
export const MODULE_BASE64 = [
${lines.join('\n')}
].join('');
`;
if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(join(root, MODULE), text);
