import type { SchemaImportPlan } from '../../operations/schemas/import.ts'

type ImportNote = SchemaImportPlan['notes'][number]

/** Returns the sentence of a note of an import, without its location in the source. */
export function importNoteText(note: ImportNote): string {
  switch (note.code) {
    case 'unparsable':
      return 'crbus cannot parse this Rust code'
    case 'module-missing':
      return `module '${note.module}' has no file: tried ${note.tried.join(' and ')}`
    case 'module-circular':
      return `module '${note.module}' is circular and was not read: ${note.chain.join(' contains ')}`
    case 'root-assumed':
      return `${note.root} is assumed to be the serialized enum, because it contains ${note.contains.join(', ')}; use --root to change it`
    case 'root-of-topic-assumed':
      return `${note.root} is assumed to be the enum of the events of ${note.topic}; use --root to change it`
    case 'topic-assumed':
      return `the topic is assumed to be ${note.topic}; use --topic to change it`
    case 'type-assumed':
      return `${note.path} is assumed to be the ${note.type} in ${note.at}`
    case 'answer-unused':
      return `unused answer: the source has no ${note.question}`
    case 'event-types-assumed':
      return `${note.enum} has no event_type(), so its event types are assumed to be {Variant}.v1`
    case 'event-type-assumed':
      return `cannot evaluate event_type() for ${note.variant}, so its event type is assumed to be ${note.eventType}`
    case 'event-types-incomplete':
      return `event_type() may return more for ${note.variant} than ${enumerated(note.eventTypes)}, but crbus cannot evaluate all of it`
    case 'event-type-ambiguous':
      return `event type ${note.eventType} is used by variants ${enumerated(note.variants)}, so it does not identify one`
    case 'unsupported-by-bincode':
      return `${note.about}: ${note.reason}`
    case 'may-be-omitted': {
      const what = note.attribute === 'skip_serializing_none' ? 'a field' : 'it'
      return `${note.about}: when ${note.attribute} omits ${what}, neither Rust nor crbus can decode the bytes`
    }
    case 'conversion-differs':
      return `${note.about}: Rust deserializes ${note.deserializes} but serializes ${note.serializes ?? `its own ${note.own}`}`
    case 'variants-misnumbered':
      return `${note.about}: Rust serializes this variant and later ones with their numbers in the source, but deserializes as if ${note.skippedVariants.join(', ')} did not exist, so it cannot decode its own bytes`
    case 'not-serialized':
      return `${note.about}: skip_serializing omits it, but Rust expects it when decoding`
    case 'not-deserialized':
      return `${note.about}: Rust serializes it, but does not expect it when decoding (skip_deserializing)`
  }
}

/** The maximum number of names in a note. */
const MAX_NAMES = 8

/** Joins names to `Create, Cancel and Ping`. */
function enumerated(names: readonly string[]): string {
  const shown = names.length > MAX_NAMES ? names.slice(0, MAX_NAMES - 1) : names
  const parts = shown.length < names.length ? [...shown, `${names.length - shown.length} others`] : shown
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
