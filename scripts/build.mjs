// Bundles the CLI into dist/: perfcase.js, a small entry that answers --version and --help; main.mjs, the CLI; and a chunk
// for each command that is loaded when it is called.
// `--outdir DIR` builds elsewhere. The old build stays in place until the new one is whole.
import { execFileSync } from 'node:child_process';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';

const ifPossible = process.argv.includes('--if-possible');
const at = process.argv.indexOf('--outdir');
const outdir = at > 0 ? process.argv[at + 1] : 'dist';
const fresh = `${outdir}.new-${process.pid}`;
let esbuild;
try {
  esbuild = await import('esbuild');
} catch (error) {
  // A production install has no bundler; the package already contains dist/ then.
  if (ifPossible) process.exit(0);
  throw error;
}

const shared = {
  outdir: fresh,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  sourcemap: false,
  legalComments: 'none',
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
};

/** What the finished CLI prints. The entry repeats it, so it cannot say anything else. */
const printed = (...args) =>
  JSON.stringify(execFileSync(process.execPath, [`${fresh}/main.mjs`, ...args], { encoding: 'utf8' }));

try {
  await esbuild.build({
    ...shared,
    entryPoints: { main: 'bin/main.ts' },
    splitting: true,
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    // Compiled code: stays a package, loaded by the bpf tracer only.
    external: ['koffi'],
    // Packages in CommonJS call require(); ES modules have none of their own.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  await esbuild.build({
    ...shared,
    entryPoints: { perfcase: 'bin/perfcase.ts' },
    format: 'cjs',
    define: { VERSION_TEXT: printed('--version'), HELP_TEXT: printed('--help') },
    plugins: [
      {
        name: 'the CLI, built above',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: './main.mjs', external: true })),
      },
    ],
  });
  await writeFile(`${fresh}/package.json`, '{ "type": "commonjs" }\n');
  await chmod(`${fresh}/perfcase.js`, 0o755);
  await rm(outdir, { recursive: true, force: true });
  await rename(fresh, outdir);
} finally {
  await rm(fresh, { recursive: true, force: true });
}
