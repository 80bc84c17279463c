import { type Crate, type Item, itemsOf, modulePath } from './crates/module.ts'
import { hasEventTypes, isEventLike } from './event-types/event-enums.ts'
import { topicOf } from './event-types/topic.ts'
import type { ImportNote, ImportProblem } from './import-report.ts'
import type { ImportRequest } from './import-request.ts'
import type { Lowering } from './lowering/lowering.ts'

type Choice =
  | { readonly ok: true; readonly item: Item; readonly notes: readonly ImportNote[] }
  | { readonly ok: false; readonly problems: readonly ImportProblem[] }

/**
 * The type that is serialized: the one named, else the enum that looks like events. Where several do, it is a problem that
 * names them.
 */
export function chooseRoot(
  own: readonly Crate[],
  only: ReadonlySet<string> | undefined,
  lowering: Lowering,
  request: ImportRequest,
): Choice {
  const { root } = request
  const all = own.flatMap((crate) => itemsOf(crate.root)).filter(isFirst)
  const nowhere = request.paths.join(' ')
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
        problems: [item, ...more].map((one) => choiceProblem(one, `more than one type is called ${root}`, all)),
      }
    const like = all.map(pathOf).filter((path) => path.toLowerCase().includes(lastStep(root).toLowerCase()))
    const reason = `no type is called ${root}${like.length > 0 ? `; there are ${like.slice(0, 5).join(', ')}` : ''}`
    return { ok: false, problems: [{ file: nowhere, line: 0, about: root, reason, fix: undefined }] }
  }
  const enums = all
    .filter(({ rust }) => rust.kind === 'enum' && (only === undefined || only.has(rust.location.file)))
    .filter((item) => isSerialized(item, lowering))
  const strong = enums.filter((item) => hasEventTypes(item, lowering))
  const fitting = strong.length > 0 ? strong : enums.filter((item) => isEventLike(item, lowering))
  if (fitting.length === 0 && only !== undefined && enums.length === 1) fitting.push(...enums)
  const wrapped = new Set(fitting.flatMap((item) => heldBy(item, lowering)))
  const tops = fitting.filter((item) => !wrapped.has(item.rust))
  const [top, ...others] = tops
  // Without event types of its own, what wraps the only enum that fits, or several, fits as well.
  const around = enums.filter(
    (item) =>
      !fitting.includes(item) && heldBy(item, lowering).some((rust) => fitting.some((one) => one.rust === rust)),
  )
  if (top && others.length === 0 && around.length === 0) {
    const inner = fitting.filter((item) => item !== top).map(({ rust }) => rust.name)
    const text = `${top.rust.name} is taken for what is serialized, and it holds ${inner.join(', ')}; --root says otherwise`
    return { ok: true, item: top, notes: inner.length === 0 ? [] : [{ ...top.rust.location, text }] }
  }
  const ofTopic = tops.filter((item) => topicOf(item, { ...request, topic: undefined }).topic === request.topic)
  const [match, ...more] = ofTopic
  if (match && more.length === 0) {
    const text = `${match.rust.name} is taken for the events of ${request.topic}; --root says otherwise`
    return { ok: true, item: match, notes: [{ ...match.rust.location, text }] }
  }
  if (fitting.length > 0) {
    const some = [...around, ...(tops.length > 0 ? tops : fitting)]
    const reasonFor = (item: Item) => {
      const held = heldBy(item, lowering).filter((rust) => some.some((one) => one.rust === rust))
      const holds = held.length > 0 ? `; it holds ${held.map(({ name }) => name).join(', ')}` : ''
      return `it may be the enum of the events, and so may others${holds}`
    }
    return { ok: false, problems: some.map((item) => choiceProblem(item, reasonFor(item), all)) }
  }
  const names = enums.slice(0, 8).map(({ rust }) => rust.name)
  const reason = `no enum derives Serialize and looks like events${names.length > 0 ? `; serialized are ${names.join(', ')}` : ''}`
  return { ok: false, problems: [{ file: nowhere, line: 0, about: nowhere, reason, fix: '--root Name' }] }
}

/** A program may declare the modules of its library once more. */
const isFirst = (item: Item, index: number, all: readonly Item[]): boolean => {
  const { file, line } = item.rust.location
  const isSame = ({ rust: { location } }: Item) => location.file === file && location.line === line
  return all.findIndex((other) => isSame(other) && pathOf(other) === pathOf(item)) === index
}

function choiceProblem(item: Item, reason: string, all: readonly Item[]): ImportProblem {
  const { name, location } = item.rust
  const isOnly = all.filter(({ rust }) => rust.name === name).length === 1
  return { ...location, about: name, reason, fix: `--root ${isOnly ? name : pathOf(item)}` }
}

const pathOf = ({ module, rust }: Item): string => [...modulePath(module), rust.name].join('::')

function isSerialized(item: Item, lowering: Lowering): boolean {
  const derives = lowering.derivesOf(item)
  return derives.includes('Serialize') || derives.includes('Deserialize')
}

/** Types that variants of an enum hold alone. */
function heldBy({ rust, module }: Item, lowering: Lowering): Item['rust'][] {
  if (rust.kind !== 'enum') return []
  return rust.variants.flatMap(({ fields }) => {
    const [only, ...more] = fields.kind === 'tuple' ? fields.fields : []
    if (!only || more.length > 0) return []
    // Box<OrderEvent> holds it too.
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

const lastStep = (path: string): string => path.slice(path.lastIndexOf(':') + 1)
