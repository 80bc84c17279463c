// Builds dist/: the library and the command line, each bundled with the packages it uses, so that nobody has to install
// them (and a hundred small files cost more to load than to run); the licenses of those packages; the type declarations; and
// oclif's manifest, by which a command is found without loading the others. Commands run from dist/ only, so that a manifest
// made with it cannot hide a new one.
//
// npm runs this script in a checkout of crbus whenever it installs a service that depends on the checkout, even while crbus
// runs from it. So the build writes into a temporary folder, and replaces dist when it is complete.
import { existsSync, globSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { Plugin } from '@oclif/core'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { thirdPartyNotices } from './notices.js'

const root = new URL('..', import.meta.url).pathname
const manifest = `${root}oclif.manifest.json`
const building = mkdtempSync(`${root}dist.`)
process.on('exit', () => rmSync(building, { recursive: true, force: true }))

/** Files that went into a bundle. */
const bundled = new Set()

const bundle = async (input, dir, { keepNames, groups = [], ...options }) => {
  const build = await rolldown({
    input,
    cwd: root,
    platform: 'node',
    logLevel: 'warn',
    // The oldest Node of `engines`: it cannot parse `await using`.
    transform: { target: 'node22.15', define: { 'process.env.NODE_ENV': '"production"' } },
    // Optional: loaded from node_modules where somebody installed them.
    external: ['typescript', 'ts-node', 'tsx', 'react-devtools-core', /^@oclif\/plugin-/, '@opentelemetry/api'],
    ...options,
  })
  const { output } = await build.write({
    dir: `${building}/${dir}`,
    format: 'esm',
    chunkFileNames: 'chunks/[name]-[hash].js',
    comments: { legal: false },
    codeSplitting: { groups },
    // Half the size to install.
    minify: { compress: { keepNames }, mangle: { toplevel: true, keepNames } },
  })
  for (const { moduleIds = [] } of output) for (const id of moduleIds) bundled.add(id)
}

// Apart from the rest, at the place it has in src: ink waits for its layout engine while it loads, and beside a module
// that waits rolldown joins no files, which every command would pay for.
await bundle({ 'show-lag': 'src/ui/live/show-lag.tsx' }, 'dist/cli/ui/live', {})
const screen = {
  name: 'screen',
  resolveId: (id) =>
    id.endsWith('/live/show-lag.tsx') ? { id: id.replace('.tsx', '.js'), external: true } : undefined,
}

// Services are bundled by their authors, also to CommonJS, where there is no `import.meta.url` to make a `require` of. So
// what packages require of Node is asked of the process.
const requireWhenUsed = `new Proxy(() => {}, {
  apply: (_, __, [id]) => createRequire(import.meta.url)(id),
  get: (_, name) => createRequire(import.meta.url)[name],
})`
const required = {
  name: 'required',
  resolveId(id, _, { kind }) {
    if (kind !== 'require-call') return undefined
    return isBuiltin(id) || id === 'pg-native' ? `\0required:${id}.cjs` : undefined
  },
  load(id) {
    const [, name] = /^\0required:(.*)\.cjs$/.exec(id) ?? []
    if (name === undefined) return undefined
    // kafkajs asks for it while it loads and needs it for SCRAM logins alone: 5 ms of every command on Kafka.
    if (/^(node:)?crypto$/.test(name)) {
      return "module.exports = new Proxy({}, { get: (_, name) => process.getBuiltinModule('node:crypto')[name] })"
    }
    return isBuiltin(name)
      ? `module.exports = process.getBuiltinModule('${name}')`
      : `throw Object.assign(new Error("Cannot find module '${name}'"), { code: 'MODULE_NOT_FOUND' })`
  },
  // What oclif requires by a name that it computes, in a file that the library shares.
  renderChunk: (code, { name }) =>
    name === 'rolldown-runtime' ? code.replace('createRequire(import.meta.url)', requireWhenUsed) : undefined,
}

// Half of faker's English is about what no event of a shop is about.
const unused = new Set([
  ...['airline', 'animal', 'app', 'book', 'food', 'hacker', 'music', 'science', 'team', 'vehicle'],
  ...['finance.transaction_description_pattern', 'location.county', 'location.language', 'person.bio_part'],
  ...['person.bio_pattern', 'person.gender', 'person.middle_name', 'person.western_zodiac_sign'],
])
const english = {
  name: 'english',
  async load(id) {
    if (!/@faker-js\/faker\/dist\/en-[\w-]+\.js$/.test(id)) return undefined
    const subjects = Object.entries((await import(id)).t)
    // Descriptions of products mention animals, food and chemical elements: faker throws when a word of theirs is missing.
    const used = subjects.filter(([subject]) => !unused.has(subject))
    const mentioned = new Set(JSON.stringify(used).match(/(?<={{)\w+\.\w+/g))
    const kept = subjects.map(([subject, fields]) => {
      const isKept = (path) => mentioned.has(path) || !(unused.has(subject) || unused.has(path))
      return [subject, Object.fromEntries(Object.entries(fields).filter(([field]) => isKept(`${subject}.${field}`)))]
    })
    return `export const t = ${JSON.stringify(Object.fromEntries(kept))}`
  },
}

// The progress indicator of oclif uses two of these ninety spinners, and crbus shows none.
const spinners = {
  name: 'spinners',
  load: (id) => {
    if (!id.endsWith('/cli-spinners/spinners.json')) return undefined
    const { dots2, line } = JSON.parse(readFileSync(id, 'utf8'))
    return JSON.stringify({ dots2, line })
  },
}

const commands = globSync('src/commands/**/*.ts', { cwd: root })
await bundle(
  {
    index: 'src/index.ts',
    testing: 'src/testing.ts',
    otel: 'src/otel.ts',
    'cli/main': 'src/cli/process/main.ts',
    'cli/command-not-found': 'src/cli/process/command-not-found.ts',
    ...Object.fromEntries(commands.map((file) => [`cli/${file.slice('src/'.length, -'.ts'.length)}`, file])),
  },
  'dist',
  {
    resolve: {
      alias: {
        // Without its native part, which is no faster on events and would have to be installed.
        'cbor-x': `${root}node_modules/cbor-x/index.js`,
        // Its main file requires its parts in a way that no bundler follows.
        'jsonc-parser': 'jsonc-parser/lib/esm/main.js',
        // The demo is a service, and imports crbus by its name.
        crbus: `${root}src/index.ts`,
        // All requests of Kafka, of which crbus sends kafkajs's own to log in: crbus writes the others itself.
        '../../protocol/requests$': `${root}bin/shims/sasl-requests.cjs`,
        'wsl-utils': `${root}bin/shims/wsl-utils.js`,
        '@lezer/highlight': `${root}bin/shims/lezer-highlight.js`,
      },
    },
    plugins: [screen, required, english, spinners],
    // Small files that nearly everything loads: each would take a block of the disk, and a moment to open.
    groups: [
      { name: 'bus', test: /\/src\/bus\// },
      {
        name: 'records',
        test: /\/src\/codecs\/(event-record|metadata-json|trace-headers|json|unsafe-characters|prometheus)\.ts/,
      },
      { name: 'text', test: /\/src\/ui\/text\// },
    ],
    // So that a stack trace can be read.
    keepNames: { function: true, class: true },
  },
)
writeFileSync(`${building}/dist/THIRD-PARTY-NOTICES`, thirdPartyNotices(bundled))
// Three files instead of one for each of src, most of which nobody can name.
const declarations = await rolldown({
  input: { index: 'src/index.ts', testing: 'src/testing.ts', otel: 'src/otel.ts' },
  cwd: root,
  external: [/^[^./]/],
  plugins: [dts({ emitDtsOnly: true, tsconfig: `${root}bin/tsconfig.types.json` })],
})
await declarations.write({ dir: `${building}/dist/types`, format: 'esm' })

if (existsSync(`${root}dist`)) renameSync(`${root}dist`, `${building}/replaced`)
renameSync(`${building}/dist`, `${root}dist`)
const plugin = new Plugin({ root, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true })
await plugin.load()
// oclif writes these fields for every flag and treats a missing one as false. They are a tenth of the file.
const withoutFalse = (key, value) =>
  value === false && ['allowNo', 'hasDynamicHelp', 'multiple'].includes(key) ? undefined : value
writeFileSync(`${building}/manifest.json`, JSON.stringify(plugin.manifest, withoutFalse))
renameSync(`${building}/manifest.json`, manifest)
