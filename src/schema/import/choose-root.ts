import type { RustType } from '../../rust/ast.ts'
import { type CfgState, presence } from '../../rust/attributes.ts'
import { lastSegment } from '../../rust/rust-text.ts'
import { formatLocation } from '../../rust/source.ts'
import type { Cfg } from './crates/cfg.ts'
import { type Crate, type Item, itemsOf, modulePath } from './crates/module.ts'
import { pathFromRoot } from './crates/module-files.ts'
import { hasEventTypes, isEventLike } from './event-types/event-enums.ts'
import { topicOf } from './event-types/topic.ts'
import { importHints, turnOnHint } from './hints.ts'
import type { ImportProblem } from './import-report.ts'
import type { ImportRequest } from './import-request.ts'
import type { Lowering } from './lowering/lowering.ts'
import type { ImportNote } from './notes.ts'

type Choice =
  | { readonly ok: true; readonly item: Item; readonly notes: readonly ImportNote[] }
  | { readonly ok: false; readonly problems: readonly ImportProblem[] }

/** How many types a message lists, so that it stays short. */
const MAX_SHOWN_TYPES = 5
const MAX_SHOWN_ENUMS = 8

/**
 * Chooses the root of the schema, which is the type that the service serializes: the type or alias that the request names, else the only
 * enum that looks like a list of events. Of enums that contain each other, chooses the outermost; of several such enums, the one
 * with the requested topic. If the choice is not clear, returns a problem for each candidate.
 */
export function chooseRoot(
  crates: readonly Crate[],
  rootFiles: ReadonlySet<string> | undefined,
  lowering: Lowering,
  request: ImportRequest,
): Choice {
  const { root } = request
  const { cfg } = lowering
  const declared = crates.flatMap((crate) => itemsOf(crate.root)).filter(isFirstDeclaration)
  const all = declared.filter((item) => isPossible(stateOf(item, cfg)))
  const allPaths = request.paths.join(' ')
  if (root !== undefined) {
    const used = usedAs(root, crates, lowering)
    const declaredAs = all.filter((item) => {
      const full = pathOf(item)
      return full === root || full.endsWith(`::${root}`)
    })
    const named = declaredAs.length > 0 ? declaredAs : all.filter(({ rust }) => used.has(rust))
    // If the request names files, it means a type in these files, even if other modules have types of that name.
    const inFiles = named.filter(({ rust }) => rootFiles?.has(rust.location.file))
    const preferred = inFiles.length > 0 ? inFiles : named
    const serialized = preferred.filter((item) => isSerialized(item, lowering))
    const [item, ...more] = serialized.length > 0 ? serialized : preferred
    if (item && more.length === 0) return { ok: true, item, notes: [] }
    if (item && areAlternatives(preferred)) return { ok: false, problems: [cfgProblem(preferred, cfg)] }
    if (item)
      return {
        ok: false,
        problems: [item, ...more].map((one) => {
          const what = one.rust.kind === 'alias' ? `; this one is an alias of ${one.rust.type.text}` : ''
          return choiceProblem(one, `more than one type is named ${root}${what}`, all)
        }),
      }
    const excluded = declared.find((one) => pathOf(one) === root || pathOf(one).endsWith(`::${root}`))
    if (excluded) {
      const { name, location } = excluded.rust
      const reason = 'its cfg attributes exclude this type'
      return { ok: false, problems: [{ ...location, about: name, reason, fix: undefined }] }
    }
    const similar = all.map(pathOf).filter((path) => path.toLowerCase().includes(lastSegment(root).toLowerCase()))
    const reason = `no type is named ${root}${similar.length > 0 ? `; similar types are ${similar.slice(0, MAX_SHOWN_TYPES).join(', ')}` : ''}`
    return { ok: false, problems: [{ file: allPaths, line: 0, about: root, reason, fix: undefined }] }
  }
  const enums = all
    .filter(({ rust }) => rust.kind === 'enum' && (rootFiles === undefined || rootFiles.has(rust.location.file)))
    .filter((item) => isSerialized(item, lowering))
  const withEventTypes = enums.filter((item) => hasEventTypes(item, lowering))
  const candidates = withEventTypes.length > 0 ? withEventTypes : enums.filter((item) => isEventLike(item, lowering))
  if (candidates.length === 0 && rootFiles !== undefined && enums.length === 1) candidates.push(...enums)
  const wrapped = new Set(candidates.flatMap((item) => wrappedTypes(item, lowering)))
  const outermost = candidates.filter((item) => !wrapped.has(item.rust))
  const [only, ...others] = outermost
  // An enum that wraps the chosen ones may be the serialized type too, even if it does not look like events.
  const wrappers = enums.filter(
    (item) =>
      !candidates.includes(item) &&
      wrappedTypes(item, lowering).some((rust) => candidates.some((one) => one.rust === rust)),
  )
  if (only && others.length === 0 && wrappers.length === 0) {
    const contains = candidates.filter((item) => item !== only).map(({ rust }) => rust.name)
    const { name, location } = only.rust
    const notes: ImportNote[] =
      contains.length === 0 ? [] : [{ ...location, code: 'root-assumed', root: name, contains }]
    return { ok: true, item: only, notes }
  }
  const withTopic = outermost.filter((item) => topicOf(item, { ...request, topic: undefined }).topic === request.topic)
  const [match, ...more] = withTopic
  if (match && more.length === 0 && request.topic !== undefined) {
    const { name, location } = match.rust
    const note = { ...location, code: 'root-of-topic-assumed', root: name, topic: request.topic } as const
    return { ok: true, item: match, notes: [note] }
  }
  if (candidates.length > 0) {
    if (outermost.length > 0 && wrappers.length === 0 && areAlternatives(outermost))
      return { ok: false, problems: [cfgProblem(outermost, cfg)] }
    const choices = [...wrappers, ...(outermost.length > 0 ? outermost : candidates)]
    const reasonFor = (item: Item) => {
      const contained = wrappedTypes(item, lowering).filter((rust) => choices.some((one) => one.rust === rust))
      const contents = contained.length > 0 ? ` (contains ${contained.map(({ name }) => name).join(', ')})` : ''
      return `one of several enums that may list the events${contents}`
    }
    return { ok: false, problems: choices.map((item) => choiceProblem(item, reasonFor(item), all)) }
  }
  const names = enums.slice(0, MAX_SHOWN_ENUMS).map(({ rust }) => rust.name)
  const reason = `no serializable enum looks like an enum of events${names.length > 0 ? `; serializable enums are ${names.join(', ')}` : ''}`
  return { ok: false, problems: [{ file: allPaths, line: 0, about: allPaths, reason, fix: importHints.chooseRoot() }] }
}

/**
 * Whether an item is the first one with its path and location. If `main.rs` and `lib.rs` declare a module, its items occur
 * twice. Items of one module never do: a macro may declare several at one location, which differ in their `cfg`.
 */
const isFirstDeclaration = (item: Item, index: number, all: readonly Item[]): boolean => {
  const { file, line } = item.rust.location
  const isSame = ({ rust: { location } }: Item) => location.file === file && location.line === line
  const isTwin = (other: Item) => other.module !== item.module && isSame(other) && pathOf(other) === pathOf(item)
  return all.findIndex((other) => other === item || isTwin(other)) === index
}

/** The state of the `cfg` of an item and of the modules around it. */
const stateOf = ({ rust, module }: Item, cfg: Cfg): CfgState =>
  presence([...rust.attributes, ...pathFromRoot(module).flatMap(({ attributes }) => attributes)], cfg.of(module.crate))

const isPossible = (state: CfgState): boolean => 'ask' in state || state.holds

/** Whether items have the same path, so that only their `cfg` distinguishes them. */
const areAlternatives = ([first, ...others]: readonly Item[]): boolean =>
  first !== undefined && others.length > 0 && others.every((other) => pathOf(other) === pathOf(first))

/** The question which of several declarations of the root is compiled. */
function cfgProblem(items: readonly Item[], cfg: Cfg): ImportProblem {
  const { name, location } = (items[0] as Item).rust
  const asked = items.map((item) => stateOf(item, cfg)).flatMap((state) => ('ask' in state ? state.ask : []))
  const locations = items.map(({ rust }) => formatLocation(rust.location)).join(' and ')
  const reason = `cfg decides between the definitions in ${locations}`
  return { ...location, about: name, reason, fix: turnOnHint(asked) }
}

function choiceProblem(item: Item, reason: string, all: readonly Item[]): ImportProblem {
  const { name, location } = item.rust
  const isUnique = all.filter(({ rust }) => rust.name === name).length === 1
  return { ...location, about: name, reason, fix: importHints.chooseRoot(isUnique ? name : pathOf(item)) }
}

/** The types that `use` declarations make available at a path from the root of a crate, perhaps under another name. */
const usedAs = (path: string, crates: readonly Crate[], { names }: Lowering): ReadonlySet<Item['rust']> =>
  new Set(
    crates.flatMap((crate) => {
      const found = names.find(crate.root, path.split('::'))
      return found?.kind === 'items' ? found.items.map(({ rust }) => rust) : []
    }),
  )

const pathOf = ({ module, rust }: Item): string => [...modulePath(module), rust.name].join('::')

function isSerialized(item: Item, lowering: Lowering): boolean {
  const derives = lowering.derivesOf(item)
  return derives.includes('Serialize') || derives.includes('Deserialize')
}

/** The types inside the newtype variants of an enum, also those inside a `Box` or another generic type. */
function wrappedTypes({ rust, module }: Item, lowering: Lowering): Item['rust'][] {
  if (rust.kind !== 'enum') return []
  return rust.variants.flatMap(({ fields }) => {
    const [only, ...more] = fields.kind === 'tuple' ? fields.fields : []
    if (!only || more.length > 0) return []
    const type = innermostArgument(only.type)
    const found =
      type.kind === 'path'
        ? lowering.names.find(
            module,
            type.segments.map(({ name }) => name),
          )
        : undefined
    return found?.kind === 'items' ? found.items.map((item) => item.rust).filter((inner) => inner !== rust) : []
  })
}

/** The type inside generic types, by their first arguments: `OrderEvent` for `Box<OrderEvent>`. */
function innermostArgument(type: RustType): RustType {
  const argument = type.kind === 'path' ? type.segments.at(-1)?.args[0] : undefined
  return argument ? innermostArgument(argument) : type
}
