import { posix } from 'node:path'
import { compareText } from '../../bus/compare.ts'
import { readRustType } from '../../rust/read-rust.ts'
import type { NamedType, Schema } from '../model.ts'
import { chooseRoot } from './choose-root.ts'
import { Crates } from './crates/crates.ts'
import { openPaths } from './crates/open-paths.ts'
import { eventTypesOf } from './event-types/event-types.ts'
import { topicOf, topicProblem } from './event-types/topic.ts'
import { importHints } from './hints.ts'
import type { ImportProblem } from './import-report.ts'
import type { ImportRequest } from './import-request.ts'
import { Lowering } from './lowering/lowering.ts'
import type { ImportNote } from './notes.ts'

export type ImportedSchema =
  | {
      readonly ok: true
      readonly schema: Schema
      readonly notes: readonly ImportNote[]
      /** All files that were read. */
      readonly sources: readonly string[]
    }
  | {
      readonly ok: false
      readonly problems: readonly ImportProblem[]
      readonly notes: readonly ImportNote[]
      /** The topic, if the import failed after it was determined. */
      readonly topic?: string | undefined
    }

/**
 * Imports the schema of a service from its Rust source. Returns all problems at once, each with a fix where there is one, and
 * notes about assumptions. Line 0 of a problem means the whole file.
 */
export function importSchema(request: ImportRequest): ImportedSchema {
  const crates = new Crates(request.files)
  const { own, only, base, problems } = openPaths(crates, request)
  const [first] = own
  if (!first || problems.length > 0) return { ok: false, problems, notes: [] }
  const answers = request.answers ?? { map: new Map(), assume: new Map() }
  const lowering = new Lowering(crates, first.root, answers)
  const [, name = request.root, args] = /^([^<]*)<(.*)>$/s.exec(request.root ?? '') ?? []
  const choice = chooseRoot(own, only, lowering, { ...request, root: name })
  const troubles = [...crates.notes]
  if (!choice.ok) return { ok: false, problems: choice.problems, notes: troubles }
  const { item } = choice
  const typed = args === undefined ? undefined : readRustType(`Root<${args}>`, item.rust.location)
  const given = typed?.kind === 'path' ? (typed.segments.at(-1)?.args ?? []) : []
  const open = item.rust.generics.filter(({ fallback }) => !fallback).map(({ name: parameter }) => parameter)
  if (given.length < open.length) {
    const reason = `it needs a type argument for ${open.join(', ')}`
    const fix = importHints.giveArguments(item.rust.name, open)
    return { ok: false, problems: [{ ...item.rust.location, about: item.rust.name, reason, fix }], notes: troubles }
  }
  const root = lowering.lower(item, given)
  const { events, notes: eventNotes } = eventTypesOf(root, lowering, answers.assume)
  const topic = topicOf(item, request)
  const wrongTopic = topicProblem(topic.topic, item, request)
  if (wrongTopic) return { ok: false, problems: [wrongTopic], notes: troubles }
  // Options of cfg count as used: each one is evaluated on its own, and any of them may have been suggested.
  const isUsed = (key: string) =>
    lowering.usedAnswers.has(key) || /^feature:|=|^(unix|windows|debug_assertions)$/.test(key)
  const unused = [...answers.map.keys(), ...answers.assume.keys()]
    .filter((key) => !isUsed(key))
    .map(
      (key): ImportNote => ({
        ...item.rust.location,
        code: 'answer-unused',
        question: key,
      }),
    )
  const notes = [...troubles, ...choice.notes, ...topic.notes, ...lowering.report.notes, ...eventNotes, ...unused]
  if (isUnreadable(root.body)) {
    const { name, location } = item.rust
    const [why = 'bincode cannot decode it'] = lowering.report.notes.flatMap((note) =>
      note.code === 'unsupported-by-bincode' && note.about === name ? note.reason : [],
    )
    const reason = `${why}; events in JSON need no schema`
    return { ok: false, problems: [{ ...location, about: name, reason, fix: undefined }], notes }
  }
  if (lowering.report.problems.length > 0)
    return { ok: false, problems: [...lowering.report.problems].sort(byLocation), notes, topic: topic.topic }
  const named = lowering.instances.named(root)
  const types = new Map<string, NamedType>()
  for (const [instance, name] of named.nameOf) {
    const type = named.types.get(name)
    const { location } = instance
    if (type)
      types.set(name, location ? { ...type, at: `${posix.relative(base, location.file)}:${location.line}` } : type)
  }
  const schema: Schema = {
    ...{ topic: topic.topic, root: named.root, events, types },
    answers: { map: withKeys(answers.map, isUsed), assume: withKeys(answers.assume, isUsed) },
  }
  return { ok: true, schema, notes, sources: crates.sources }
}

const withKeys = (map: ReadonlyMap<string, string>, isWanted: (key: string) => boolean) =>
  new Map([...map].filter(([key]) => isWanted(key)))

/** Whether bincode cannot decode the root itself, because of `serde(tag)` or a similar attribute. */
const isUnreadable = (body: NamedType | undefined): boolean => {
  const [only] = body?.kind === 'struct' && body.fields.kind === 'tuple' ? body.fields.items : []
  return only?.kind === 'known' && only.name === 'unreadable'
}

const byLocation = (a: ImportProblem, b: ImportProblem): number => compareText(a.file, b.file) || a.line - b.line
