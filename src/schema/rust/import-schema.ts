import { posix } from 'node:path'
import { topicFor, topicNameError } from '../../bus/names.ts'
import type { Answers, NamedType, Schema } from '../model.ts'
import { type Crate, Crates, type Item, type Module, type SourceFiles } from './crates.ts'
import { eventTypesOf, hasEventTypes, isEventLike } from './event-types.ts'
import type { ImportNote, ImportProblem } from './import-report.ts'
import { Lowering } from './lowering.ts'
import { itemsOf, modulePath } from './names.ts'
import { readRustType, stringValue } from './syntax.ts'

export interface ImportRequest {
  /** Crates (folders with a Cargo.toml), workspaces, folders of source, or files. */
  readonly paths: readonly string[]
  readonly files: SourceFiles
  /** The enum that is serialized, by name or path: `OrderEvent`, `crate::orders::OrderEvent`, `Event<crate::Order>`. */
  readonly root?: string | undefined
  readonly topic?: string | undefined
  readonly answers?: Answers | undefined
}

export type ImportedSchema =
  | {
      readonly ok: true
      readonly schema: Schema
      readonly notes: readonly ImportNote[]
      /** Every file that was read. */
      readonly sources: readonly string[]
    }
  | {
      readonly ok: false
      readonly problems: readonly ImportProblem[]
      readonly notes: readonly ImportNote[]
      /** Where it got as far as knowing it. */
      readonly topic?: string | undefined
    }

/**
 * Reads the types of a service from its source. What the source does not settle is a problem with what to do about it,
 * and all of them are listed at once; what it settles in a way worth knowing is a note. A line of 0 is the whole file.
 */
export function importSchema(request: ImportRequest): ImportedSchema {
  const crates = new Crates(request.files)
  const { own, only, base, problems } = openAll(crates, request)
  const [first] = own
  if (!first || problems.length > 0) return { ok: false, problems, notes: [] }
  const answers = request.answers ?? { map: new Map(), assume: new Map() }
  const lowering = new Lowering(crates, first.root, answers)
  const [, name = request.root, args] = /^([^<]*)<(.*)>$/s.exec(request.root ?? '') ?? []
  const choice = chooseRoot(own, only, lowering, { ...request, root: name })
  const troubles = crates.troubles.map(({ file, line, reason }): ImportNote => ({ file, line, text: reason }))
  if (!choice.ok) return { ok: false, problems: choice.problems, notes: troubles }
  const { item } = choice
  const typed = args === undefined ? undefined : readRustType(`Root<${args}>`, item.rust.place)
  const given = typed?.kind === 'path' ? (typed.segments.at(-1)?.args ?? []) : []
  const open = item.rust.generics.filter(({ fallback }) => !fallback).map(({ name: parameter }) => parameter)
  if (given.length < open.length) {
    const reason = `what it holds depends on ${open.join(', ')}`
    const fix = `--root '${item.rust.name}<${open.map(() => '…').join(', ')}>'`
    return { ok: false, problems: [{ ...item.rust.place, about: item.rust.name, reason, fix }], notes: troubles }
  }
  const root = lowering.lower(item, given)
  const { events, notes: eventNotes } = eventTypesOf(root, lowering, answers.assume)
  const topic = topicOf(item, request)
  const wrongTopic = topicProblem(topic.topic, item, request)
  if (wrongTopic) return { ok: false, problems: [wrongTopic], notes: troubles }
  // Features are looked at one by one, and each may have been asked about.
  const isUsed = (key: string) =>
    lowering.usedAnswers.has(key) || /^feature:|=|^(unix|windows|debug_assertions)$/.test(key)
  const unused = [...answers.map.keys(), ...answers.assume.keys()]
    .filter((key) => !isUsed(key))
    .map(
      (key): ImportNote => ({
        ...item.rust.place,
        text: `nothing here is called ${key}, which was answered for`,
      }),
    )
  const notes = [...troubles, ...choice.notes, ...topic.notes, ...lowering.report.notes, ...eventNotes, ...unused]
  if (isUnreadable(root.body)) {
    const { name, place } = item.rust
    const why = lowering.report.notes.find(({ text }) => text.startsWith(`${name}: `))?.text.slice(name.length + 2)
    const reason = `${why ?? 'bincode cannot read what serde writes of it'}; where its events are JSON, they need no schema`
    return { ok: false, problems: [{ ...place, about: name, reason, fix: undefined }], notes }
  }
  if (lowering.report.problems.length > 0)
    return { ok: false, problems: [...lowering.report.problems].sort(byPlace), notes, topic: topic.topic }
  const named = lowering.instances.named(root)
  const types = new Map<string, NamedType>()
  for (const [instance, name] of named.nameOf) {
    const type = named.types.get(name)
    const { place } = instance
    if (type) types.set(name, place ? { ...type, at: `${posix.relative(base, place.file)}:${place.line}` } : type)
  }
  const schema: Schema = {
    ...{ topic: topic.topic, root: named.root, events, types },
    answers: { map: withKeys(answers.map, isUsed), assume: withKeys(answers.assume, isUsed) },
  }
  return { ok: true, schema, notes, sources: crates.sources }
}

const withKeys = (map: ReadonlyMap<string, string>, isWanted: (key: string) => boolean) =>
  new Map([...map].filter(([key]) => isWanted(key)))

/** `serde(tag)` and its like on the root itself leave nothing to read. */
const isUnreadable = (body: NamedType | undefined): boolean => {
  const [only] = body?.kind === 'struct' && body.fields.kind === 'tuple' ? body.fields.items : []
  return only?.kind === 'known' && only.name === 'unreadable'
}

const byPlace = (a: ImportProblem, b: ImportProblem): number =>
  a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1

interface Opened {
  readonly own: readonly Crate[]
  /** The files whose types may be the root, where files were named. */
  readonly only: ReadonlySet<string> | undefined
  /** What the places in the schema are relative to. */
  readonly base: string
  readonly problems: readonly ImportProblem[]
}

function openAll(crates: Crates, { paths, files }: ImportRequest): Opened {
  const own: Crate[] = []
  const only = new Set<string>()
  const loose: string[] = []
  const problems: ImportProblem[] = []
  let base: string | undefined
  const openPackage = (folder: string) => {
    base ??= folder
    own.push(...crates.package(folder))
  }
  const openFile = (file: string) => {
    const folder = crates.packageOf(file)
    only.add(file)
    if (folder === undefined) {
      loose.push(file)
      return
    }
    base ??= folder
    const inCrates = own.some(({ root }) => filesOf(root).has(file)) ? own : crates.package(folder)
    if (inCrates !== own) own.push(...inCrates)
    // Examples, tests and programs of their own.
    if (!inCrates.some(({ root }) => filesOf(root).has(file))) own.unshift(crates.file(file, folder))
  }
  for (const given of paths) {
    const path = posix.normalize(given).replace(/(.)\/$/, '$1')
    const folder = posix.basename(path) === 'Cargo.toml' ? posix.dirname(path) : path
    const manifest = crates.manifest(folder)
    if (manifest) {
      if (manifest.name !== undefined) openPackage(folder)
      else for (const member of crates.members(folder)) openPackage(member)
      if (manifest.name === undefined) base = folder
    } else if (path.endsWith('.rs') && files.read(path) !== undefined) openFile(path)
    else {
      const names = files.list(path)
      const parent = posix.join(path, '..')
      if (names && posix.basename(path) === 'src' && crates.manifest(parent)?.name !== undefined) openPackage(parent)
      else {
        const rust = (names ?? []).filter((name) => name.endsWith('.rs')).sort()
        const root = ['lib.rs', 'main.rs', 'mod.rs'].find((name) => rust.includes(name))
        if (root !== undefined) own.push(crates.file(posix.join(path, root), crates.packageOf(posix.join(path, root))))
        else for (const name of rust) openFile(posix.join(path, name))
        base ??= root === undefined ? undefined : path
        if (rust.length === 0) {
          const reason = names ? 'there is no Rust in it' : 'there is no such file or folder'
          problems.push({ file: given, line: 0, about: given, reason, fix: undefined })
        }
      }
    }
  }
  if (loose.length > 0) own.push(crates.loose(loose))
  if (own.length === 0 && problems.length === 0) {
    const reason = 'it has neither src/lib.rs nor src/main.rs'
    problems.push({ file: paths[0] ?? '', line: 0, about: paths[0] ?? '', reason, fix: undefined })
  }
  // Types of files that were named win over the rest of their crates, unless a crate was named too.
  const isAll = paths.some((path) => !path.endsWith('.rs'))
  return { own, only: only.size > 0 && !isAll ? only : undefined, base: base ?? '', problems }
}

function filesOf(module: Module): Set<string> {
  const files = new Set([module.file])
  for (const child of module.modules) for (const file of filesOf(child)) files.add(file)
  return files
}

type Choice =
  | { readonly ok: true; readonly item: Item; readonly notes: readonly ImportNote[] }
  | { readonly ok: false; readonly problems: readonly ImportProblem[] }

function chooseRoot(
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
    .filter(({ rust }) => rust.kind === 'enum' && (only === undefined || only.has(rust.place.file)))
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
    return { ok: true, item: top, notes: inner.length === 0 ? [] : [{ ...top.rust.place, text }] }
  }
  const ofTopic = tops.filter((item) => topicOf(item, { ...request, topic: undefined }).topic === request.topic)
  const [match, ...more] = ofTopic
  if (match && more.length === 0) {
    const text = `${match.rust.name} is taken for the events of ${request.topic}; --root says otherwise`
    return { ok: true, item: match, notes: [{ ...match.rust.place, text }] }
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
  const { file, line } = item.rust.place
  const isSame = ({ rust: { place } }: Item) => place.file === file && place.line === line
  return all.findIndex((other) => isSame(other) && pathOf(other) === pathOf(item)) === index
}

function choiceProblem(item: Item, reason: string, all: readonly Item[]): ImportProblem {
  const { name, place } = item.rust
  const isOnly = all.filter(({ rust }) => rust.name === name).length === 1
  return { ...place, about: name, reason, fix: `--root ${isOnly ? name : pathOf(item)}` }
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

/** What was asked for, else the module's own `TOPIC`, else the convention. */
function topicOf(
  { rust, module }: Item,
  { topic }: Pick<ImportRequest, 'topic'>,
): { topic: string; notes: ImportNote[] } {
  if (topic !== undefined) return { topic, notes: [] }
  const value = module.consts.get('TOPIC')?.[0]?.value
  const own = value && stringValue(value)
  if (own !== undefined) return { topic: own, notes: [] }
  const words = rust.name.replace(/(Domain)?(Events?|Actions?|Commands?|Messages?)$/, '')
  // `DomainEvent` says nothing of what it is about; its crate does.
  const about = words === '' && module.crate.name !== 'crate' ? module.crate.name : words || rust.name
  const name = topicFor((about.match(/[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+/g) ?? [about]).join('-').toLowerCase())
  return { topic: name, notes: [{ ...rust.place, text: `the topic is taken to be ${name}; --topic says otherwise` }] }
}

/** The bus would refuse it, and the file would be named after it. */
function topicProblem(topic: string, { rust }: Item, request: ImportRequest): ImportProblem | undefined {
  const error = topicNameError(topic)
  if (!error) return undefined
  const place = request.topic === undefined ? rust.place : { file: request.paths.join(' '), line: 0 }
  const better = topic.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 249)
  const fix = topicNameError(better) ? '--topic order-events' : `--topic ${better}`
  return { ...place, about: '--topic', reason: error.message, fix }
}
