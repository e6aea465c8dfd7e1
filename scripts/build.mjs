// Bundles the CLI into dist/: one small entry, and a chunk for each command that is loaded when it is called.
// `--outdir DIR` builds elsewhere. The old build stays in place until the new one is whole.
import { chmod, rename, rm } from 'node:fs/promises';

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
try {
  await esbuild.build({
    entryPoints: { perfcase: 'bin/perfcase.ts' },
    outdir: fresh,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    chunkNames: 'chunks/[name]-[hash]',
    // Compiled code: stays a package, loaded by the bpf tracer only.
    external: ['koffi'],
    sourcemap: false,
    legalComments: 'none',
    // Packages in CommonJS call require(); ES modules have none of their own.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  await chmod(`${fresh}/perfcase.js`, 0o755);
  await rm(outdir, { recursive: true, force: true });
  await rename(fresh, outdir);
} finally {
  await rm(fresh, { recursive: true, force: true });
}
