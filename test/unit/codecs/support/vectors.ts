import { readFileSync } from 'node:fs'
import type { EventMetadata, SerializedEvent } from '../../../../src/bus/event.ts'
import { versionOf } from '../../../../src/bus/event.ts'

export interface Vector {
  readonly name: string
  readonly layout: string
  readonly bytes: Buffer
  /** The same value as serde_json wrote it. */
  readonly json: string
  readonly why: string
}

export const vectorsFolder = new URL('../../../vectors/', import.meta.url)

export const vectors: readonly Vector[] = readFileSync(new URL('vectors.txt', vectorsFolder), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [name = '', layout = '', hex = '', json = '', why = ''] = line.split('\t')
    return { name, layout, bytes: Buffer.from(hex, 'hex'), json, why }
  })

export const layout = (...names: string[]): readonly Vector[] => vectors.filter((one) => names.includes(one.layout))

export function vector(name: string): Buffer {
  const found = vectors.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no vector ${name}`)
  return found.bytes
}

const places = new Map([
  ['correlation_id', 'correlationId'],
  ['causation_id', 'causationId'],
  ['user_id', 'userId'],
  ['timestamp', 'timestamp'],
])

/** What a vector's JSON says the event is. Written apart from the codecs, to be compared with them. */
export function eventOf({ json }: Vector): SerializedEvent {
  const { event_type, event_version, data, metadata } = JSON.parse(json)
  return {
    eventType: event_type,
    eventVersion: event_version ?? versionOf(event_type),
    data: Uint8Array.from(data),
    metadata: metadata && metadataOf(metadata),
  }
}

function metadataOf(fields: object): EventMetadata {
  const present = Object.entries(fields).filter(([, value]) => value !== null)
  const known = present.flatMap(([name, value]) => (places.has(name) ? [[places.get(name), value]] : []))
  const extra = present.filter(([name]) => !places.has(name))
  return { ...Object.fromEntries(known), ...(extra.length > 0 && { extra: Object.fromEntries(extra) }) }
}
