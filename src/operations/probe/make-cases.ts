import { randomInt, randomUUID } from 'node:crypto'
import type { NewRecord } from '../../bus/record.ts'
import { decodeRecord } from '../../codecs/event-record.ts'
import { compileTexts } from '../publish/data-template.ts'
import type { EventSettings } from '../publish/event-settings.ts'
import { readInput } from '../publish/input.ts'
import { idOf } from '../trace/message.ts'
import { PROBE_HEADER, type ProbeCase, type Scenario } from './probe.ts'

/** The events of a probe, as texts with placeholders. */
export interface ProbeEvents {
  readonly type: string
  readonly data: string
  /** A second event about the same entity, which is published after the first, and before it in `out-of-order`. */
  readonly second?: { readonly type: string; readonly data: string } | undefined
  readonly key?: string | undefined
}

export interface CasesRequest {
  readonly run: string
  readonly events: ProbeEvents
  /** The number of events of the burst. 0: no burst. */
  readonly burst: number
  /** How old the late event is, in milliseconds. */
  readonly late: number
  /** The topic, schemas, codec, envelope and key field of the events. */
  readonly settings: Pick<EventSettings, 'topic' | 'schemas' | 'codec' | 'codecFrom' | 'envelope' | 'keyField'>
  readonly now: () => number
}

export type MadeCases =
  | { readonly ok: true; readonly cases: readonly ProbeCase[] }
  /** `flag` is the text that is invalid: `data`, `then` or `key`. */
  | { readonly ok: false; readonly flag: string; readonly reason: string }

/** An invalid text of the caller. */
class InvalidText extends Error {
  readonly flag: string
  constructor(flag: string, reason: string) {
    super(reason)
    this.flag = flag
  }
}

/**
 * Makes the events of all scenarios. Each case has its own correlation id, and `{{i}}` and `{{uuid}}` have one value in all texts of a
 * case, so that its events are about one entity.
 */
export function makeCases(request: CasesRequest): MadeCases {
  const { events, burst } = request
  const scenarios: Scenario[] = [
    'once',
    'twice',
    'late',
    ...(events.second === undefined ? [] : (['in-order', 'out-of-order'] as const)),
    ...Array.from({ length: burst }, () => 'burst' as const),
  ]
  try {
    return { ok: true, cases: scenarios.map((scenario, at) => makeCase(request, scenario, at + 1)) }
  } catch (error) {
    if (!(error instanceof InvalidText)) throw error
    return { ok: false, flag: error.flag, reason: error.message }
  }
}

function makeCase({ run, events, late, settings, now }: CasesRequest, scenario: Scenario, index: number): ProbeCase {
  const correlationId = `${run}-${scenario}${scenario === 'burst' ? `-${index}` : ''}`
  const uuid = randomUUID()
  const { type, data, second: after, key } = events
  const compiled = compileTexts({ data, second: after?.data, key }, now, { int: randomInt, uuid: () => uuid })
  if (!compiled.ok) throw new InvalidText(compiled.flag === 'second' ? 'then' : compiled.flag, compiled.reason)
  const texts = compiled.render?.(index) ?? { data, second: after?.data, key }
  const time = scenario === 'late' ? now() - late : now()
  const toRecord = (flag: 'data' | 'then', eventType: string, line: string): NewRecord => {
    const read = readInput(line, {
      ...{ ...settings, eventType, key: texts.key },
      metadata: { correlationId, timestamp: new Date(time).toISOString() },
      headers: [[PROBE_HEADER, Buffer.from(`${run}/${scenario}`)]],
    })
    if (!read.ok) throw new InvalidText(flag, read.reason)
    return scenario === 'late' ? { ...read.record, timestamp: BigInt(time) } : read.record
  }
  const first = toRecord('data', type, texts.data)
  const second = after === undefined ? undefined : toRecord('then', after.type, texts.second ?? after.data)
  const records = recordsOf(scenario, first, second)
  return { scenario, correlationId, records, messageIds: [...new Set(records.flatMap(idsOf))] }
}

function recordsOf(scenario: Scenario, first: NewRecord, second: NewRecord | undefined): readonly NewRecord[] {
  if (scenario === 'twice') return [first, first]
  if (second === undefined || (scenario !== 'in-order' && scenario !== 'out-of-order')) return [first]
  return scenario === 'in-order' ? [first, second] : [second, first]
}

function idsOf({ value, headers = [] }: NewRecord): readonly string[] {
  const decoded = value === null ? undefined : decodeRecord({ value, headers })
  const id = decoded?.ok ? idOf(decoded.event) : undefined
  return id === undefined ? [] : [id]
}
