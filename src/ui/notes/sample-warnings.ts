import type { SampleWarning } from '../../operations/schemas/sample.ts'

/** Returns the sentence of a warning about samples, without a full stop. */
export function sampleWarningText(warning: SampleWarning): string {
  switch (warning.code) {
    case 'variants-as-types':
      return 'the schema has no event types, so variants are used as Name.v1'
    case 'no-samples':
      return `no samples of ${warning.eventType}: ${warning.reason}`
  }
}
