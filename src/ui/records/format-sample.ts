import type { SampleEvent } from '../../operations/schemas/sample.ts'
import { printableJson } from '../text/printable.ts'
import { type JsonDocument, metadataDocument } from './record-document.ts'
import { metadataJson } from './record-json-writer.ts'

/** Formats an event as a line that `crbus publish` accepts: like a line of `crbus tail -o json`, with its exact bytes. */
export function formatSample({ eventType, eventVersion, metadata, codec, data, json }: SampleEvent): string {
  const type = printableJson(JSON.stringify(eventType))
  const bytes = Buffer.from(data).toString('base64')
  return `{"event_type":${type},"event_version":${eventVersion},"metadata":${metadataJson(metadata)},"codec":"${codec}","data":${json},"data_base64":"${bytes}"}\n`
}

/** Returns the same document as an object, for `schema sample --json`. */
export const sampleDocument = ({
  eventType,
  eventVersion,
  metadata,
  codec,
  data,
  json,
}: SampleEvent): JsonDocument => ({
  event_type: eventType,
  event_version: eventVersion,
  metadata: metadataDocument(metadata),
  codec,
  data: JSON.parse(json),
  data_base64: Buffer.from(data).toString('base64'),
})
