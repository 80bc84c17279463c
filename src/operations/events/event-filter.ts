import { globMatcher } from '../../bus/names/glob.ts'
import { valueJson } from '../../codecs/json.ts'
import type { EventView } from './event-view.ts'
import { compileExpression } from './expression.ts'

/** The conditions of a filter. An event must meet all of them. */
export interface FilterRequest {
  /** Globs of event types, with `*` and `?`. At least one of them must match. */
  readonly types?: readonly string[] | undefined
  /** The record key, as UTF-8 text. */
  readonly key?: string | undefined
  readonly correlationId?: string | undefined
  /** A CEL expression over the event; see `filterScope`. */
  readonly where?: string | undefined
  /** Text that must occur in event type, metadata or payload, ignoring case. */
  readonly grep?: string | undefined
}

/** Returns whether an event meets the conditions. Throws {@link WhereTooLongError} if `where` takes too many steps. */
export type EventFilter = (view: EventView) => boolean
export type CompiledFilter =
  | {
      readonly ok: true
      /** `undefined` if the request has no conditions. Callers then need not decode the records. */
      readonly filter: EventFilter | undefined
      /** Counts of the events for which `where` had a result or failed. The filter updates them. */
      readonly stats: Readonly<WhereStats>
    }
  | { readonly ok: false; readonly reason: string }

/** What became of the events that an expression was evaluated for. */
export interface WhereStats {
  /** Number of events for which the expression failed. The filter rejects them. */
  errors: number
  /** The message of the first failure; empty if there is none. */
  firstError: string
  /** Number of events without a field that the expression refers to. The filter rejects them. */
  missingField: number
  /** The message about the first missing field; empty if there is none. */
  firstMissing: string
  /** Number of events for which the expression was true or false. */
  evaluated: number
}

/** Compiles the conditions of a request to a filter. `reason` says why the expression in `where` is invalid. */
export async function compileFilter(request: FilterRequest): Promise<CompiledFilter> {
  const tests: EventFilter[] = []
  const stats: WhereStats = { errors: 0, firstError: '', missingField: 0, firstMissing: '', evaluated: 0 }
  const { types = [], key, correlationId, where, grep } = request
  if (types.length > 0) {
    const patterns = types.map(globMatcher)
    tests.push(({ envelope }) => envelope?.ok === true && patterns.some((matches) => matches(envelope.event.eventType)))
  }
  if (key !== undefined) {
    const bytes = Buffer.from(key)
    tests.push(({ record }) => record.key !== null && bytes.equals(record.key))
  }
  if (correlationId !== undefined) {
    tests.push(({ envelope }) => envelope?.ok === true && envelope.event.metadata?.correlationId === correlationId)
  }
  if (grep !== undefined) {
    const wanted = grep.toLowerCase()
    tests.push((view) => searchableText(view).toLowerCase().includes(wanted))
  }
  if (where !== undefined) {
    const compiled = await compileWhere(where, stats)
    if (!compiled.ok) return compiled
    tests.push(compiled.filter)
  }
  const filter: EventFilter | undefined = tests.length === 0 ? undefined : (view) => tests.every((test) => test(view))
  return { ok: true, filter, stats }
}

/** Returns the text in which `grep` is searched: event type, metadata and payload; for an undecodable record, its bytes. */
function searchableText(view: EventView): string {
  const { record, envelope, payload } = view
  if (!envelope?.ok) {
    if (record.value === null) return ''
    return payload?.ok ? bodyText(view, record.value) : Buffer.from(record.value).toString('latin1')
  }
  const { eventType, metadata, data } = envelope.event
  const body = bodyText(view, data)
  return `${eventType}\n${metadata === null ? '' : valueJson(metadata)}\n${body}`
}

/** The codecs whose bytes are searched as text. Bincode is, because it holds text as it is. */
const textCodecs: ReadonlySet<string> = new Set(['json', 'text', 'bytes', 'bincode'])

/** Returns a payload as text: what is not text in its bytes as JSON. */
const bodyText = ({ payload }: EventView, bytes: Uint8Array): string =>
  payload?.ok && !textCodecs.has(payload.codec) ? valueJson(payload.value) : Buffer.from(bytes).toString('utf8')

async function compileWhere(
  expression: string,
  stats: WhereStats,
): Promise<{ ok: true; filter: EventFilter } | { ok: false; reason: string }> {
  const compiled = await compileExpression(expression)
  if (!compiled.ok) return compiled
  const { type, evaluate } = compiled
  if (type !== 'bool' && type !== 'dyn')
    return { ok: false, reason: `the result of the expression is of type ${type}, not true or false` }
  const fail = (reason: () => string): false => {
    if (stats.errors === 0) stats.firstError = reason()
    stats.errors += 1
    return false
  }
  return {
    ok: true,
    filter: (view) => {
      const result = evaluate(view)
      if (!result.ok) {
        // Events of other types may lack the field, so this is not a failure.
        if (!result.isMissing) return fail(result.reason)
        if (stats.missingField === 0) stats.firstMissing = result.reason()
        stats.missingField += 1
        return false
      }
      if (typeof result.value !== 'boolean') return fail(() => 'the result of the expression is not true or false')
      stats.evaluated += 1
      return result.value
    },
  }
}
