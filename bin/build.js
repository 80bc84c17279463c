// Builds dist/: the library (its dependencies stay imports), the command line (bundled, since a hundred small files
// cost more to load than to run), the type declarations and oclif's manifest, by which a command is found without loading
// the others. Commands run from dist/ only, so that a manifest made with it cannot hide a new one.
import { execFileSync } from 'node:child_process'
import { globSync, rmSync, writeFileSync } from 'node:fs'
import { Plugin } from '@oclif/core'
import { rolldown } from 'rolldown'

const root = new URL('..', import.meta.url).pathname
const manifest = `${root}oclif.manifest.json`
rmSync(`${root}dist`, { recursive: true, force: true })
rmSync(manifest, { force: true })

const bundle = async (input, dir, options) => {
  const build = await rolldown({ input, cwd: root, platform: 'node', logLevel: 'warn', ...options })
  await build.write({ dir: `${root}${dir}`, format: 'esm', chunkFileNames: 'chunks/[name]-[hash].js' })
}

// Native or optional: loaded from node_modules when a command needs them, or never.
const external = [
  'lz4-napi',
  '@node-rs/crc32',
  'pg-native',
  'typescript',
  'ts-node',
  'tsx',
  'react-devtools-core',
  /^@oclif\/plugin-/,
]
const define = { 'process.env.NODE_ENV': '"production"' }

// Apart from the rest, at the place it has in src: ink waits for its layout engine while it loads, and beside a module
// that waits rolldown joins no files, which every command would pay for.
await bundle({ 'show-lag': 'src/ui/live/show-lag.tsx' }, 'dist/cli/ui/live', { external, transform: { define } })
const screen = {
  name: 'screen',
  resolveId: (id) =>
    id.endsWith('/live/show-lag.tsx') ? { id: id.replace('.tsx', '.js'), external: true } : undefined,
}

const commands = globSync('src/commands/**/*.ts', { cwd: root })
await bundle(
  {
    main: 'src/cli/main.ts',
    'command-not-found': 'src/cli/command-not-found.ts',
    ...Object.fromEntries(commands.map((file) => [file.slice('src/'.length, -'.ts'.length), file])),
  },
  'dist/cli',
  {
    external,
    resolve: {
      alias: {
        // Its main file requires its parts in a way that no bundler follows.
        'jsonc-parser': 'jsonc-parser/lib/esm/main.js',
        // The demo is a service, and imports crbus by its name.
        crbus: `${root}src/index.ts`,
        crypto: `${root}bin/shims/crypto.cjs`,
        'wsl-utils': `${root}bin/shims/wsl-utils.js`,
      },
    },
    transform: { define },
    plugins: [screen],
  },
)
// What waits until it is needed in the command line is here for whoever imports it.
const checks = { ineffectiveDynamicImport: false }
await bundle({ index: 'src/index.ts', testing: 'src/testing.ts' }, 'dist', { external: [/^[^./]/], checks })
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}bin/tsconfig.types.json`], {
  stdio: 'inherit',
})
const plugin = new Plugin({ root, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true })
await plugin.load()
writeFileSync(manifest, JSON.stringify(plugin.manifest))
