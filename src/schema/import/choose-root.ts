import { lastSegment } from '../../rust/rust-text.ts'
import { type Crate, type Item, itemsOf, modulePath } from './crates/module.ts'
import { hasEventTypes, isEventLike } from './event-types/event-enums.ts'
import { topicOf } from './event-types/topic.ts'
import { importHints } from './hints.ts'
import type { ImportProblem } from './import-report.ts'
import type { ImportRequest } from './import-request.ts'
import type { Lowering } from './lowering/lowering.ts'
import type { ImportNote } from './notes.ts'

type Choice =
  | { readonly ok: true; readonly item: Item; readonly notes: readonly ImportNote[] }
  | { readonly ok: false; readonly problems: readonly ImportProblem[] }

/**
 * Chooses the serialized type: the one that the request names, else the only enum that looks like events. If several do, returns
 * a problem for each of them.
 */
export function chooseRoot(
  own: readonly Crate[],
  only: ReadonlySet<string> | undefined,
  lowering: Lowering,
  request: ImportRequest,
): Choice {
  const { root } = request
  const all = own.flatMap((crate) => itemsOf(crate.root)).filter(isFirst)
  const allPaths = request.paths.join(' ')
  if (root !== undefined) {
    const named = all.filter((item) => {
      const full = pathOf(item)
      return full === root || full.endsWith(`::${root}`)
    })
    const serialized = named.filter((item) => isSerialized(item, lowering))
    const [item, ...more] = serialized.length > 0 ? serialized : named
    if (item && more.length === 0) return { ok: true, item, notes: [] }
    if (item)
      return {
        ok: false,
        problems: [item, ...more].map((one) => choiceProblem(one, `more than one type is named ${root}`, all)),
      }
    const similar = all.map(pathOf).filter((path) => path.toLowerCase().includes(lastSegment(root).toLowerCase()))
    const reason = `no type is named ${root}${similar.length > 0 ? `; similar types are ${similar.slice(0, 5).join(', ')}` : ''}`
    return { ok: false, problems: [{ file: allPaths, line: 0, about: root, reason, fix: undefined }] }
  }
  const enums = all
    .filter(({ rust }) => rust.kind === 'enum' && (only === undefined || only.has(rust.location.file)))
    .filter((item) => isSerialized(item, lowering))
  const withEventTypes = enums.filter((item) => hasEventTypes(item, lowering))
  const candidates = withEventTypes.length > 0 ? withEventTypes : enums.filter((item) => isEventLike(item, lowering))
  if (candidates.length === 0 && only !== undefined && enums.length === 1) candidates.push(...enums)
  const wrapped = new Set(candidates.flatMap((item) => heldBy(item, lowering)))
  const tops = candidates.filter((item) => !wrapped.has(item.rust))
  const [top, ...others] = tops
  // An enum that wraps the chosen ones may be the serialized type too, even if it does not look like events.
  const around = enums.filter(
    (item) =>
      !candidates.includes(item) && heldBy(item, lowering).some((rust) => candidates.some((one) => one.rust === rust)),
  )
  if (top && others.length === 0 && around.length === 0) {
    const contains = candidates.filter((item) => item !== top).map(({ rust }) => rust.name)
    const { name, location } = top.rust
    const notes: ImportNote[] =
      contains.length === 0 ? [] : [{ ...location, code: 'root-assumed', root: name, contains }]
    return { ok: true, item: top, notes }
  }
  const matchingTopic = tops.filter((item) => topicOf(item, { ...request, topic: undefined }).topic === request.topic)
  const [match, ...more] = matchingTopic
  if (match && more.length === 0 && request.topic !== undefined) {
    const { name, location } = match.rust
    const note = { ...location, code: 'root-of-topic-assumed', root: name, topic: request.topic } as const
    return { ok: true, item: match, notes: [note] }
  }
  if (candidates.length > 0) {
    const some = [...around, ...(tops.length > 0 ? tops : candidates)]
    const reasonFor = (item: Item) => {
      const held = heldBy(item, lowering).filter((rust) => some.some((one) => one.rust === rust))
      const holds = held.length > 0 ? `; it contains ${held.map(({ name }) => name).join(', ')}` : ''
      return `it is one of several enums that may list the events${holds}`
    }
    return { ok: false, problems: some.map((item) => choiceProblem(item, reasonFor(item), all)) }
  }
  const names = enums.slice(0, 8).map(({ rust }) => rust.name)
  const reason = `no serializable enum looks like an enum of events${names.length > 0 ? `; serializable enums are ${names.join(', ')}` : ''}`
  return { ok: false, problems: [{ file: allPaths, line: 0, about: allPaths, reason, fix: importHints.chooseRoot() }] }
}

/** Drops duplicates: `main.rs` may declare the modules of `lib.rs` again. */
const isFirst = (item: Item, index: number, all: readonly Item[]): boolean => {
  const { file, line } = item.rust.location
  const isSame = ({ rust: { location } }: Item) => location.file === file && location.line === line
  return all.findIndex((other) => isSame(other) && pathOf(other) === pathOf(item)) === index
}

function choiceProblem(item: Item, reason: string, all: readonly Item[]): ImportProblem {
  const { name, location } = item.rust
  const isOnly = all.filter(({ rust }) => rust.name === name).length === 1
  return { ...location, about: name, reason, fix: importHints.chooseRoot(isOnly ? name : pathOf(item)) }
}

const pathOf = ({ module, rust }: Item): string => [...modulePath(module), rust.name].join('::')

function isSerialized(item: Item, lowering: Lowering): boolean {
  const derives = lowering.derivesOf(item)
  return derives.includes('Serialize') || derives.includes('Deserialize')
}

/** The types that newtype variants of an enum contain. */
function heldBy({ rust, module }: Item, lowering: Lowering): Item['rust'][] {
  if (rust.kind !== 'enum') return []
  return rust.variants.flatMap(({ fields }) => {
    const [only, ...more] = fields.kind === 'tuple' ? fields.fields : []
    if (!only || more.length > 0) return []
    // Look inside Box<OrderEvent>.
    let type = only.type
    for (let inner = type.kind === 'path' ? type.segments.at(-1)?.args[0] : undefined; inner; ) {
      type = inner
      inner = type.kind === 'path' ? type.segments.at(-1)?.args[0] : undefined
    }
    const found =
      type.kind === 'path'
        ? lowering.names.find(
            module,
            type.segments.map(({ name }) => name),
          )
        : undefined
    return found?.kind === 'items' ? found.items.map((item) => item.rust).filter((held) => held !== rust) : []
  })
}
