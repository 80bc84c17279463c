import { networkCause } from '../../bus/network/network-cause.ts'
/** A Schema Registry with the API of Confluent's (https://docs.confluent.io/platform/current/schema-registry/develop/api.html). */
export interface Registry {
  /** The base URL, without a slash at its end. */
  readonly url: string
  /** The value of the header `authorization`. */
  readonly authorization?: string | undefined
}

/** A schema that another one refers to by `name`: the name of a type in Avro, the path of an import in Protobuf. */
interface ReferencedSchema {
  readonly name: string
  readonly text: string
}

export interface RegistrySchema {
  readonly type: string
  readonly text: string
  /** The schemas that it refers to, also indirectly, each after those that it refers to itself. */
  readonly references: readonly ReferencedSchema[]
}

export type FetchedSchema =
  | { readonly ok: true; readonly schema: RegistrySchema }
  /** `isMissing`: the registry answers, but the schema does not exist or cannot be used. Otherwise, no request works at the moment. */
  | { readonly ok: false; readonly isMissing: boolean; readonly reason: string }

/** How long to wait for an answer. */
const TIMEOUT_MS = 10_000
/** The longest answer that is read. Real schemas have at most some hundred kB; Confluent Cloud allows 1 MB. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024
/** The most schemas that a schema may refer to, also indirectly. */
const MAX_REFERENCES = 200

/** Fetches a schema by its id, and the schemas that it refers to. Follows no redirect, which would send a password elsewhere. */
export async function fetchSchema(registry: Registry, id: number, signal: AbortSignal): Promise<FetchedSchema> {
  try {
    const found = await request(registry, `/schemas/ids/${id}`, signal)
    const references = new Map<string, ReferencedSchema>()
    await addReferences(registry, found, references, signal)
    const schema = { type: found.schemaType ?? 'AVRO', text: found.schema, references: [...references.values()] }
    return { ok: true, schema }
  } catch (error) {
    if (error instanceof RegistryProblem) return { ok: false, isMissing: error.isMissing, reason: error.message }
    return { ok: false, isMissing: false, reason: reasonOf(error) }
  }
}

class RegistryProblem extends Error {
  readonly isMissing: boolean

  constructor(message: string, isMissing: boolean) {
    super(message)
    this.isMissing = isMissing
  }
}

/** Fetches the references of a schema, depth first. `found` holds them in the order in which they can be compiled. */
async function addReferences(
  registry: Registry,
  { references }: Answer,
  found: Map<string, ReferencedSchema>,
  signal: AbortSignal,
  open: readonly string[] = [],
): Promise<void> {
  for (const { name, subject, version } of references) {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`
    if (found.has(path) || open.includes(path)) continue
    if (found.size + open.length >= MAX_REFERENCES)
      throw new RegistryProblem(`the schema refers to more than ${MAX_REFERENCES} others`, true)
    const answer = await request(registry, path, signal)
    await addReferences(registry, answer, found, signal, [...open, path])
    found.set(path, { name, text: answer.schema })
  }
}

interface Answer {
  readonly schema: string
  readonly schemaType: string | undefined
  readonly references: readonly { readonly name: string; readonly subject: string; readonly version: number }[]
}

async function request({ url, authorization }: Registry, path: string, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    headers: {
      accept: 'application/vnd.schemaregistry.v1+json, application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  })
  const text = await readAtMost(response, MAX_ANSWER_BYTES)
  if (response.status === 404) throw new RegistryProblem(`the registry has no ${nameOf(path)}`, true)
  if (response.status === 401 || response.status === 403)
    throw new RegistryProblem(`the registry refuses the login (status ${response.status})`, false)
  if (!response.ok) throw new RegistryProblem(`the registry answers with status ${response.status}`, false)
  if (text === undefined)
    throw new RegistryProblem(`the ${nameOf(path)} is larger than ${MAX_ANSWER_BYTES / 2 ** 20} MiB`, true)
  const answer = parseAnswer(text)
  if (answer === undefined) throw new RegistryProblem('the answer is not that of a schema registry', false)
  return answer
}

const nameOf = (path: string): string =>
  `schema ${decodeURIComponent(path.replace('/schemas/ids/', '').replace('/subjects/', ''))}`

function parseAnswer(text: string): Answer | undefined {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof answer !== 'object' || answer === null) return undefined
  const { schema, schemaType, references = [] } = answer as Readonly<Record<string, unknown>>
  if (typeof schema !== 'string' || !Array.isArray(references) || !references.every(isReference)) return undefined
  return { schema, schemaType: typeof schemaType === 'string' ? schemaType : undefined, references }
}

const isReference = (one: unknown): one is Answer['references'][number] => {
  const { name, subject, version } = Object(one) as Readonly<Record<string, unknown>>
  return typeof name === 'string' && typeof subject === 'string' && Number.isInteger(version)
}

/** Reads an answer as text; `undefined` if it is longer than `limit` bytes. */
async function readAtMost(response: Response, limit: number): Promise<string | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > limit) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

function reasonOf(error: unknown): string {
  const { name, cause, message } = error as Error
  if (name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`
  // The message of `fetch` is always "fetch failed".
  return networkCause(error) ?? (cause instanceof Error ? cause.message : message)
}
