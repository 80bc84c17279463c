// Builds dist/: the library and the command line, each bundled with the packages that it uses, so that users need not install
// them (loading a hundred small files would also cost more than running them); the licenses of these packages; the type
// declarations; and oclif's manifest, in which a command is found without loading the others. Commands run only from dist/, so
// the manifest of the same build cannot hide a new command.
//
// npm runs this script in a checkout whenever it changes node_modules or packs, even while crbus runs from the checkout. So the
// build writes into a temporary folder, and replaces dist when it is complete.
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname } from 'node:path'
import { Plugin } from '@oclif/core'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { manPage } from './man-page.js'
import { thirdPartyNotices } from './notices.js'

const root = new URL('..', import.meta.url).pathname
const manifest = `${root}oclif.manifest.json`
const building = mkdtempSync(`${root}dist.`)
process.on('exit', () => rmSync(building, { recursive: true, force: true }))

/** The source files of all bundles. */
const bundled = new Set()

const bundle = async (input, dir, { keepNames, groups = [], ...options }) => {
  const build = await rolldown({
    input,
    cwd: root,
    platform: 'node',
    logLevel: 'warn',
    // The oldest Node in `engines`, which cannot parse `await using`.
    transform: { target: 'node22.15', define: { 'process.env.NODE_ENV': '"production"' } },
    // Optional packages, loaded from node_modules if they are installed.
    external: ['typescript', 'ts-node', 'tsx', 'react-devtools-core', /^@oclif\/plugin-/, '@opentelemetry/api'],
    ...options,
  })
  const { output } = await build.write({
    dir: `${building}/${dir}`,
    format: 'esm',
    chunkFileNames: 'chunks/[name]-[hash].js',
    comments: { legal: false },
    codeSplitting: { groups },
    // Minifying halves the installed size.
    minify: { compress: { keepNames }, mangle: { toplevel: true, keepNames } },
  })
  for (const { moduleIds = [] } of output) for (const id of moduleIds) bundled.add(id)
}

// A separate bundle, at the same path as in src: ink uses top-level await for its layout engine, and rolldown does not merge
// files in a build with top-level await, which would slow down every command.
await bundle({ 'show-screen': 'src/ui/live/show-screen.tsx' }, 'dist/cli/ui/live', {})
// Only the files of src/commands import it, because the path is relative to theirs, also in a chunk.
const screen = {
  name: 'screen',
  resolveId: (id) =>
    id.endsWith('/live/show-screen.tsx') ? { id: id.replace('.tsx', '.js'), external: true } : undefined,
}

// Authors bundle their services, also to CommonJS, where `import.meta.url` is missing and `createRequire` fails. So the packages
// get Node's built-in modules from the process.
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
    // kafkajs requires crypto at load time but uses it only for SCRAM logins. Loading it lazily saves 5 ms of each Kafka command.
    if (/^(node:)?crypto$/.test(name)) {
      return "module.exports = new Proxy({}, { get: (_, name) => process.getBuiltinModule('node:crypto')[name] })"
    }
    return isBuiltin(name)
      ? `module.exports = process.getBuiltinModule('${name}')`
      : `throw Object.assign(new Error("Cannot find module '${name}'"), { code: 'MODULE_NOT_FOUND' })`
  },
  // oclif requires some modules by a computed name, in a file that the library shares.
  renderChunk: (code, { name }) =>
    name === 'rolldown-runtime' ? code.replace('createRequire(import.meta.url)', requireWhenUsed) : undefined,
}

// Half of faker's English data is about subjects that events do not use.
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
    // Product descriptions refer to animals, food and chemical elements, and faker throws if such a word list is missing.
    const used = subjects.filter(([subject]) => !unused.has(subject))
    const mentioned = new Set(JSON.stringify(used).match(/(?<={{)\w+\.\w+/g))
    const kept = subjects.map(([subject, fields]) => {
      const isKept = (path) => mentioned.has(path) || !(unused.has(subject) || unused.has(path))
      return [subject, Object.fromEntries(Object.entries(fields).filter(([field]) => isKept(`${subject}.${field}`)))]
    })
    return `export const t = ${JSON.stringify(shortened(Object.fromEntries(kept)))}`
  },
}

/** Keeps the first words of each list: samples of events need no thousand nouns, which take a tenth of a megabyte. */
const MAX_WORDS = 100
const shortened = (data) => {
  if (Array.isArray(data)) return data.slice(0, MAX_WORDS).map(shortened)
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, shortened(value)]))
}

// oclif's progress indicator uses two of these ninety spinners.
const spinners = {
  name: 'spinners',
  load: (id) => {
    if (!id.endsWith('/cli-spinners/spinners.json')) return undefined
    const { dots2, line } = JSON.parse(readFileSync(id, 'utf8'))
    return JSON.stringify({ dots2, line })
  },
}

/**
 * Matches the files of src/cli that every command and the prompt of a shell load. Not the files with oclif, which the prompt must not
 * load.
 */
const CONFIGURATION =
  /\/src\/cli\/(errors|named-bus|same-bus|state-file|suggestions|process\/context|config\/[^/]+|config\/registry\/[^/]+|config\/security\/(named-settings|profile-keys|resolve-security|settings|secrets\/(secret|secret-variables|set-variable)))\.ts$/

// oclif sorts its commands by the rules of a language, whose tables take 5 ms of each start to load. Their names are ASCII.
const byCodeUnit = {
  name: 'by-code-unit',
  transform(code, id) {
    if (!id.endsWith('/@oclif/core/lib/config/plugin.js')) return undefined
    const changed = code.replace('a.id.localeCompare(b.id)', 'a.id < b.id ? -1 : 1')
    if (changed === code) throw new Error('oclif sorts its commands in another way')
    return changed
  },
}

const commands = globSync('src/commands/**/*.ts', { cwd: root })
await bundle(
  {
    index: 'src/index.ts',
    testing: 'src/testing.ts',
    otel: 'src/otel.ts',
    'cli/main': 'src/cli/process/main.ts',
    'cli/command-not-found': 'src/cli/wrong-usage/command-not-found.ts',
    'cli/help': 'src/cli/process/help.ts',
    ...Object.fromEntries(commands.map((file) => [`cli/${file.slice('src/'.length, -'.ts'.length)}`, file])),
  },
  'dist',
  {
    resolve: {
      alias: {
        // The variant without native code, which is not faster on events and would have to be installed.
        'cbor-x': `${root}node_modules/cbor-x/index.js`,
        // The main file requires its parts in a way that bundlers cannot follow.
        'jsonc-parser': 'jsonc-parser/lib/esm/main.js',
        'js-yaml$': `${root}bin/shims/js-yaml.cjs`,
        './schema/default$': './schema/failsafe',
        // The demo is a service, which imports crbus by name.
        crbus: `${root}src/index.ts`,
        // kafkajs's table of all requests. crbus uses kafkajs's requests only for logins and encodes the others itself.
        '../../protocol/requests$': `${root}bin/shims/sasl-requests.cjs`,
        'wsl-utils': `${root}bin/shims/wsl-utils.js`,
        '@lezer/highlight': `${root}bin/shims/lezer-highlight.js`,
      },
    },
    plugins: [screen, required, english, spinners, byCodeUnit],
    // Needed for groups without the imports of their files.
    preserveEntrySignatures: 'allow-extension',
    // Merge small files that nearly every command loads: each file takes a disk block and time to open.
    groups: [
      { name: 'bus', test: /\/src\/bus\// },
      // The next four without their imports, which the library shares: the library must not load the command line.
      { name: 'drivers', test: /\/src\/drivers\/[^/]+\.ts/, includeDependenciesRecursively: false },
      {
        name: 'kafka',
        test: /\/(src\/drivers\/kafka\/(?!connection\/probe)|node_modules\/kafkajs\/|bin\/shims\/sasl-requests)/,
        includeDependenciesRecursively: false,
      },
      { name: 'configuration', test: CONFIGURATION, includeDependenciesRecursively: false },
      {
        name: 'command',
        test: /\/src\/cli\/(base\/(base-command|flags|parse-flags)|pickers\/(can-pick|pick-request)|wrong-usage\/checked-flags)\.ts/,
        includeDependenciesRecursively: false,
      },
      // Without oclif, which the answer to a shell must not load.
      {
        name: 'completion',
        test: /\/src\/cli\/(completion\/(answer|command-tree|complete-words|names-cache|shell-words|value-kind)|help-pages\/page-names|wrong-usage\/(command-ids|misplaced-values))\.ts/,
        includeDependenciesRecursively: false,
      },
      {
        name: 'help-pages',
        test: /\/src\/cli\/help-pages\/(?!page-names)/,
        includeDependenciesRecursively: false,
      },
      {
        name: 'pickers',
        test: /\/src\/cli\/(pickers\/(?!can-pick|pick-request)|process\/ask\.ts)/,
        includeDependenciesRecursively: false,
      },
      {
        name: 'records',
        test: /\/src\/codecs\/(event-record|metadata-json|trace-headers|json|unsafe-characters|prometheus)\.ts/,
      },
      { name: 'text', test: /\/src\/ui\/text\// },
      { name: 'files', test: /\/src\/files\// },
      { name: 'events', test: /\/src\/operations\/(events|offsets|named-file)/ },
      { name: 'notes', test: /\/src\/ui\/(notes|records)\// },
      { name: 'offsets', test: /\/src\/operations\/(reset|groups|topics|lag)\// },
      {
        name: 'sagas',
        test: /\/src\/(cli|operations|ui)\/sagas\//,
        includeDependenciesRecursively: false,
      },
    ],
    // Keep names readable in stack traces.
    keepNames: { function: false, class: true },
  },
)
// The schemas of documents, which users import as `crbus/documents/lag.schema.json`. Without spaces they take a third of the disk.
const writeSchema = (from, to) => {
  mkdirSync(dirname(`${building}/dist/${to}`), { recursive: true })
  writeFileSync(`${building}/dist/${to}`, JSON.stringify(JSON.parse(readFileSync(`${root}src/${from}`, 'utf8'))))
}
for (const file of globSync('documents/**/*.schema.json', { cwd: `${root}src` })) writeSchema(file, file)
// The schema of crbus.json, which editors read.
writeSchema('cli/config/crbus.schema.json', 'crbus.schema.json')
// The schema of descriptions of sagas.
writeSchema('operations/sagas/description/saga.schema.json', 'saga.schema.json')
writeFileSync(`${building}/dist/THIRD-PARTY-NOTICES`, thirdPartyNotices(bundled))
// Three declaration files instead of one for each source file, since users can only import these three.
const declarations = await rolldown({
  input: { index: 'src/index.ts', testing: 'src/testing.ts', otel: 'src/otel.ts' },
  cwd: root,
  external: [/^[^./]/],
  plugins: [dts({ emitDtsOnly: true, tsconfig: `${root}bin/tsconfig.types.json` })],
})
await declarations.write({ dir: `${building}/dist/types`, format: 'esm' })

// oclif reads package.json beside dist.
copyFileSync(`${root}package.json`, `${building}/package.json`)
const plugin = new Plugin({
  root: building,
  ignoreManifest: true,
  errorOnManifestCreate: true,
  respectNoCacheDefault: true,
})
await plugin.load()
// Every command reads the manifest, so what only the help shows is in a file of its own: six sevenths of the bytes, which would
// take 3 ms of each start.
const [brief, help] = splitManifest(plugin.manifest)
// oclif writes these fields for every flag, but treats a missing field as false.
const withoutFalse = (key, value) =>
  value === false && ['allowNo', 'hasDynamicHelp', 'multiple'].includes(key) ? undefined : value
writeFileSync(`${building}/dist/cli/help.json`, JSON.stringify(help, withoutFalse))
writeFileSync(`${building}/manifest.json`, JSON.stringify(brief))
const { version, oclif } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
const { description } = oclif
writeFileSync(`${building}/dist/crbus.1.gz`, manPage({ version, description, commands: plugin.manifest.commands }))

if (existsSync(`${root}dist`)) renameSync(`${root}dist`, `${building}/replaced`)
renameSync(`${building}/dist`, `${root}dist`)
renameSync(`${building}/manifest.json`, manifest)

/**
 * Splits oclif's manifest into the fields that a start needs and those of the help, by command. Leaves out `hasDynamicHelp`, with
 * which oclif would load the command for the defaults of its flags: here, descriptions say the defaults.
 */
function splitManifest({ commands, ...others }) {
  const entries = Object.entries(commands).map(
    ([id, { flags, description, examples, usage, hasDynamicHelp, ...rest }]) => [
      id,
      { ...rest, flags: {} },
      { flags, description, examples, usage },
    ],
  )
  const brief = { ...others, commands: Object.fromEntries(entries.map(([id, command]) => [id, command])) }
  return [brief, Object.fromEntries(entries.map(([id, , details]) => [id, details]))]
}
