import type { SampleEvent } from '../../operations/schemas/sample.ts'
import { printableJson } from '../text/printable.ts'
import { metadataJson } from './format-record-json.ts'

/** A line that `crbus publish` takes: an event as `crbus tail -o json` prints it, its exact bytes included. */
export function formatSample({ eventType, eventVersion, metadata, data, json }: SampleEvent): string {
  const type = printableJson(JSON.stringify(eventType))
  const bytes = Buffer.from(data).toString('base64')
  return `{"event_type":${type},"event_version":${eventVersion},"metadata":${metadataJson(metadata)},"codec":"bincode","data":${json},"data_base64":"${bytes}"}\n`
}
