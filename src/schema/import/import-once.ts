import { posix } from 'node:path'
import { compareText } from '../../bus/compare.ts'
import { readRustType } from '../../rust/read-rust.ts'
import { isCfgOption, RecordedAnswers } from '../cfg-answers.ts'
import type { Answers, NamedType, Schema } from '../model.ts'
import { chooseRoot } from './choose-root.ts'
import { signOfOtherIntegers } from './crates/bincode-use.ts'
import type { Crates } from './crates/crates.ts'
import type { Opened } from './crates/open-paths.ts'
import { eventTypesOf } from './event-types/event-types.ts'
import { topicOf, topicProblem } from './event-types/topic.ts'
import { importHints } from './hints.ts'
import type { ImportProblem } from './import-report.ts'
import type { ImportRequest } from './import-request.ts'
import { Lowering } from './lowering/lowering.ts'
import type { ImportNote } from './notes.ts'

/** The result of an import: a schema, or the problems that prevented the import. */
export type ImportedSchema =
  | {
      readonly ok: true
      readonly schema: Schema
      readonly notes: readonly ImportNote[]
      /** The paths of all files that were read. */
      readonly sources: readonly string[]
    }
  | {
      readonly ok: false
      readonly problems: readonly ImportProblem[]
      readonly notes: readonly ImportNote[]
      /** The topic, if the import failed after determining it. */
      readonly topic?: string | undefined
    }

/** Imports a schema from crates that are loaded, with one set of answers. `first` is the first crate of the request. */
export function importOnce(
  crates: Crates,
  first: Opened['imported'][number],
  { imported, rootFiles, base }: Opened,
  request: ImportRequest,
  given: Answers,
): ImportedSchema {
  const assume = new RecordedAnswers(given.assume)
  const answers: Answers = { map: given.map, assume }
  const lowering = new Lowering(crates, first.root, answers)
  const [, name = request.root, argsText] = /^([^<]*)<(.*)>$/s.exec(request.root ?? '') ?? []
  const choice = chooseRoot(imported, rootFiles, lowering, { ...request, root: name })
  const sourceNotes = [...crates.notes]
  if (!choice.ok) return { ok: false, problems: [...crates.problems, ...choice.problems], notes: sourceNotes }
  const { item } = choice
  // Only the arguments matter, so any name may stand for the root.
  const parsedArgs = argsText === undefined ? undefined : readRustType(`Root<${argsText}>`, item.rust.location)
  const args = parsedArgs?.kind === 'path' ? (parsedArgs.segments.at(-1)?.args ?? []) : []
  const requiredParameters = item.rust.generics
    .filter(({ fallback }) => !fallback)
    .map(({ name: parameter }) => parameter)
  if (args.length < requiredParameters.length) {
    const reason = `missing a type argument for ${requiredParameters.join(', ')}`
    const fix = importHints.giveArguments(item.rust.name, requiredParameters)
    return { ok: false, problems: [{ ...item.rust.location, about: item.rust.name, reason, fix }], notes: sourceNotes }
  }
  const root = lowering.lower(item, args)
  const topic = topicOf(item, request)
  const invalidTopic = topicProblem(topic.topic, item, request)
  const integers = integersOf(crates, item.module.file, answers)
  const problems = [
    ...(invalidTopic ? [invalidTopic] : []),
    ...crates.problems,
    ...lowering.report.problems,
    ...(typeof integers === 'object' ? [integers] : []),
  ].sort(byLocation)
  if (!root || invalidTopic) return { ok: false, problems, notes: sourceNotes }
  const { events, notes: eventNotes } = eventTypesOf(root, lowering)
  // Answers about options of `cfg` always count as used, because types that the root does not contain may need them.
  const isUsed = (key: string) => lowering.usedAnswers.has(key) || assume.used.has(key) || isCfgOption(key)
  const unused = [...answers.map.keys(), ...answers.assume.keys()]
    .filter((key) => !isUsed(key))
    .map(
      (key): ImportNote => ({
        ...item.rust.location,
        code: 'answer-unused',
        question: key,
      }),
    )
  const notes = [...sourceNotes, ...choice.notes, ...topic.notes, ...lowering.report.notes, ...eventNotes, ...unused]
  if (problems.length > 0) return { ok: false, problems, notes, topic: topic.topic }
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
    ...(integers === 'variable' ? { integers } : {}),
    answers: { map: filterKeys(answers.map, isUsed), assume: filterKeys(answers.assume, isUsed) },
  }
  return { ok: true, schema, notes, sources: crates.sources }
}

/** How the payloads encode integers. A problem if the source leaves that open. */
function integersOf(crates: Crates, file: string, { assume }: Answers): 'fixed' | 'variable' | ImportProblem {
  const answer = assume.get('integers')
  if (answer === 'fixed' || answer === 'variable') return answer
  const fix = importHints.giveIntegers()
  const sign = signOfOtherIntegers(crates)
  if (answer !== undefined) {
    const reason = `the answer is neither fixed nor variable: ${answer}`
    return { file, line: 0, about: 'integers', reason, fix }
  }
  if (!sign) return 'fixed'
  const { isBigEndian, ...place } = sign
  const reason = isBigEndian
    ? 'this may write integers in big-endian order, which crbus does not read'
    : 'this may write integers with variable sizes, where bincode::serialize of bincode 1 writes fixed ones'
  return { ...place, reason, fix }
}

const filterKeys = (map: ReadonlyMap<string, string>, isWanted: (key: string) => boolean) =>
  new Map([...map].filter(([key]) => isWanted(key)))

const byLocation = (a: ImportProblem, b: ImportProblem): number => compareText(a.file, b.file) || a.line - b.line
