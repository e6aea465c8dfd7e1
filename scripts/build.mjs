// Bundles the CLI into dist/: one small entry, and a chunk for each command that is loaded when it is called.
import { chmod, rm } from 'node:fs/promises';

const ifPossible = process.argv.includes('--if-possible');
let esbuild;
try {
  esbuild = await import('esbuild');
} catch (error) {
  // A production install has no bundler; the package already contains dist/ then.
  if (ifPossible) process.exit(0);
  throw error;
}
await rm('dist', { recursive: true, force: true });
await esbuild.build({
  entryPoints: { perfcase: 'bin/perfcase.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: false,
  legalComments: 'none',
  // Packages in CommonJS call require(); ES modules have none of their own.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
await chmod('dist/perfcase.js', 0o755);
