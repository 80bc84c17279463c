// Builds dist/: the library (its dependencies stay imports), the command line (bundled, since a hundred small files
// cost more to load than to run) and the type declarations. Then oclif's manifest is made when packing.
import { execFileSync } from 'node:child_process'
import { globSync, rmSync } from 'node:fs'
import { rolldown } from 'rolldown'

const root = new URL('..', import.meta.url).pathname
rmSync(`${root}dist`, { recursive: true, force: true })

const bundle = async (input, dir, options) => {
  const build = await rolldown({ input, cwd: root, platform: 'node', logLevel: 'warn', ...options })
  await build.write({ dir: `${root}${dir}`, format: 'esm', chunkFileNames: 'chunks/[name]-[hash].js' })
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
    // Native or optional: loaded from node_modules when a command needs them, or never.
    external: ['lz4-napi', 'typescript', 'ts-node', 'tsx', 'react-devtools-core', /^@oclif\/plugin-/],
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
  },
)
await bundle({ index: 'src/index.ts' }, 'dist', { external: [/^[^./]/] })
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}bin/tsconfig.types.json`], {
  stdio: 'inherit',
})
