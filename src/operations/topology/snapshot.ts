import { resolve } from 'node:path'
import { parseDocument, readText, readTextOf } from '../named-file.ts'
import type { TypeOfTopic } from './topology.ts'

/** What `crbus topology diff` compares of a document that `crbus topology --json` printed. */
export interface TopologySnapshot {
  /** The topics on the bus. */
  readonly topics: ReadonlySet<string>
  readonly types: readonly TypeOfTopic[]
  readonly consumers: readonly Consumer[]
  /** The topics whose readers the user could not see, so that their consumers cannot be compared. */
  readonly hidden: ReadonlySet<string>
  readonly flows: readonly { readonly from: TypeOfTopic; readonly to: TypeOfTopic }[]
}

/** A service or group that consumes a type, or without a type reads the topic. */
export interface Consumer {
  readonly topic: string
  readonly eventType?: string | undefined
  readonly consumer: string
}

export type ReadSnapshot =
  | { readonly ok: true; readonly snapshot: TopologySnapshot }
  | { readonly ok: false; readonly reason: string }

/** Reads a document from a file, or from `stdin` if the path is `-`. `reason` names the path. */
export async function readSnapshot(
  path: string,
  { cwd, stdin }: { readonly cwd: string; readonly stdin: AsyncIterable<Uint8Array | string> },
): Promise<ReadSnapshot> {
  const isStdin = path === '-'
  const read = isStdin ? await readTextOf(stdin, 'stdin') : await readText(resolve(cwd, path))
  return read.ok ? parseSnapshot(read.text, isStdin ? 'stdin' : path) : read
}

/** Parses a document. `name` is its name in `reason`. */
function parseSnapshot(text: string, name: string): ReadSnapshot {
  const parsed = parseDocument(text)
  if (!parsed.ok) return { ok: false, reason: `${name} ${parsed.reason}` }
  const { error } = isRecord(parsed.value) ? parsed.value : {}
  if (error !== undefined) return { ok: false, reason: `${name} has an error in place of a topology` }
  try {
    return { ok: true, snapshot: toSnapshot(parsed.value) }
  } catch (thrown) {
    if (!(thrown instanceof WrongShape)) throw thrown
    return { ok: false, reason: `${name} is not a topology in JSON: ${thrown.message}` }
  }
}

/** Says which part of a document has the wrong type. */
class WrongShape extends Error {}

function toSnapshot(document: unknown): TopologySnapshot {
  const { topics, flows } = record(document, 'the document')
  const nodes = list(topics, 'topics').map((node, at) => {
    const { topic, onBus, types, readers } = record(node, `topics[${at}]`)
    const name = text(topic, `topics[${at}].topic`)
    return {
      topic: name,
      isOnBus: onBus === true,
      types: list(types, `topics[${at}].types`).map((type, number) => {
        const where = `topics[${at}].types[${number}]`
        const { eventType, consumers } = record(type, where)
        return {
          eventType: text(eventType, `${where}.eventType`),
          consumers: namesIn(consumers, `${where}.consumers`, ({ name: own }) => own),
        }
      }),
      isHidden: readers === null,
      readers:
        readers === null ? [] : namesIn(readers, `topics[${at}].readers`, ({ service, group }) => service ?? group),
    }
  })
  const typeOf = (value: unknown, where: string): TypeOfTopic => {
    const { topic, eventType } = record(value, where)
    return { topic: text(topic, `${where}.topic`), eventType: text(eventType, `${where}.eventType`) }
  }
  return {
    topics: new Set(nodes.filter(({ isOnBus }) => isOnBus).map(({ topic }) => topic)),
    types: nodes.flatMap(({ topic, types }) => types.map(({ eventType }) => ({ topic, eventType }))),
    consumers: nodes.flatMap(({ topic, types, readers }) => [
      ...readers.map((consumer) => ({ topic, consumer })),
      ...types.flatMap(({ eventType, consumers }) => consumers.map((consumer) => ({ topic, eventType, consumer }))),
    ]),
    hidden: new Set(nodes.filter(({ isHidden }) => isHidden).map(({ topic }) => topic)),
    flows: list(flows, 'flows').map((flow, at) => {
      const { from, to } = record(flow, `flows[${at}]`)
      return { from: typeOf(from, `flows[${at}].from`), to: typeOf(to, `flows[${at}].to`) }
    }),
  }
}

const namesIn = (
  value: unknown,
  where: string,
  nameIn: (item: Readonly<Record<string, unknown>>) => unknown,
): readonly string[] =>
  list(value, where).map((item, at) => text(nameIn(record(item, `${where}[${at}]`)), `${where}[${at}]`))

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function record(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw new WrongShape(`${where} must be an object`)
  return value
}

function list(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new WrongShape(`${where} must be a list`)
  return value
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new WrongShape(`${where} must have a name`)
  return value
}
