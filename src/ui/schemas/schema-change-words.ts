import type { SchemaChange } from '../../operations/schemas/diff.ts'

type Change<Code extends SchemaChange['code']> = Extract<SchemaChange, { code: Code }>
type FieldText = Change<'field-replaced'>['before']

/** Says what changed and what becomes of old bytes. */
export function changeText(change: SchemaChange): string {
  return change.leftoverBytes ? `${ownText(change)}; ${leftoverNote}` : ownText(change)
}

const leftoverNote =
  "bincode in Rust forgives bytes left over at a payload's end, so services may read on without a word"

function ownText(change: SchemaChange): string {
  switch (change.code) {
    case 'root-changed': {
      const { before, after, wrappedBy } = change
      const wraps =
        wrappedBy === undefined ? '' : `, whose variant ${wrappedBy} holds it: its number stands before every payload`
      return `a payload is ${after} now, and was ${before}${wraps}`
    }
    case 'type-renamed':
      return `the type ${change.before} is called ${change.after} now`
    case 'type-kind-changed':
      return change.before === 'enum' ? 'it was an enum and is a struct now' : 'it was a struct and is an enum now'
    case 'type-changed':
      return `it was ${change.before} and is ${change.after} now${typeNotes[change.reason]}`
    case 'fields-named':
      return 'its items have names now, in the same order'
    case 'fields-unnamed':
      return 'its fields have no names any more, in the same order'
    case 'contents-changed':
      return `it held ${listOf(change.before)} and holds ${listOf(change.after)} now`
    case 'field-renamed':
      return `the field is called ${change.after} now${change.type === undefined ? '' : `, a ${change.type}`}`
    case 'field-replaced':
      return `${fieldText(change.after)} stands where ${fieldText(change.before)} was`
    case 'fields-regrouped':
      return `the fields ${change.removed.join(', ')} are ${change.added.join(', ')} now, of the same bytes`
    case 'field-removed':
      return `the field was removed (${change.type})${change.takesNoBytes ? ', which takes no bytes' : ''}`
    case 'field-added':
      return addedText(change)
    case 'fields-reordered':
      return reorderedText(change)
    case 'variant-removed':
      return `the last variant ${change.variant} was removed: nothing has its number any more`
    case 'variant-added':
      return `the variant ${change.variant} was appended`
    case 'variant-renamed':
      return `the variant is called ${change.after} now`
    case 'variant-replaced': {
      const { before, after, isDecoded } = change
      const result = isDecoded ? `are read as ${after}` : `are taken for ${after} and fail`
      return `${after} stands in its place: bytes of ${before} ${result}`
    }
    case 'variants-renumbered':
      return renumberedText(change)
  }
}

const typeNotes: Readonly<Record<Change<'type-changed'>['reason'], string>> = {
  'same-bytes': ', of the same bytes',
  'drops-duplicates': ': items that are equal become one',
  'loses-order': ': the order is lost',
  sign: ': the sign is a bit like others, so negative numbers and the largest are read as each other',
  'other-value': ': the same bytes, read as something else',
  'other-value-or-fails': ': the same bytes, read as something else, and others fail',
  'option-byte-missing': ': an Option has a byte in front, which old bytes do not have',
  'option-byte-left': ': the byte in front of an Option is still there in old bytes',
  'fewer-values': ': not every old value is one of it',
  'other-bytes': ': it takes other bytes',
}

const fieldText = ({ name, type }: FieldText): string => (name === undefined ? type : `${name}: ${type}`)
const listOf = (fields: readonly FieldText[]): string =>
  fields.length === 0 ? 'nothing' : fields.map(fieldText).join(', ')

function addedText({ type, nextField, isOption, takesNoBytes }: Change<'field-added'>): string {
  const where = nextField === undefined ? 'at the end' : `before ${nextField}`
  const option = isOption ? '; an Option is a byte even when it is None, and serde(default) does not help bincode' : ''
  return `a field was added ${where} (${type})${takesNoBytes ? ', which takes no bytes' : option}`
}

function reorderedText({ before, after, moved, swapped, misread }: Change<'fields-reordered'>): string {
  const what = swapped
    ? `the fields ${swapped.join(' and ')} changed places`
    : `${moved.join(', ')} moved: the fields are ${after.join(', ')} now, and were ${before.join(', ')}`
  if (misread === undefined) return `${what}; their bytes do not fit each other`
  return `${what}: old bytes of ${misread.before} are read as ${misread.after}`
}

const MAX_MISREAD_VARIANTS = 4

function renumberedText({
  isReordered,
  inserted,
  insertedBefore,
  removed,
  misread,
}: Change<'variants-renumbered'>): string {
  const were = (names: readonly string[]) => `${names.join(', ')} ${names.length === 1 ? 'was' : 'were'}`
  const causes = [
    ...(isReordered ? ['the variants were reordered, whose place is their number in the bytes'] : []),
    ...(inserted.length > 0 ? [`${were(inserted)} inserted before ${insertedBefore}`] : []),
    ...(removed.length > 0 ? [`${were(removed)} removed from the middle`] : []),
  ]
  const results = misread.slice(0, MAX_MISREAD_VARIANTS).map(({ before, after, outcome }, index) => {
    const bytes = index === 0 ? `old bytes of ${before}` : `those of ${before}`
    if (after === undefined) return `${bytes} fail`
    if (outcome === 'fails') return `${bytes} are taken for ${after} and fail`
    return `${bytes} are read as ${after}${outcome === 'decodes' ? '' : ' or fail'}`
  })
  const left = misread.length - MAX_MISREAD_VARIANTS
  return `${causes.join(', and ')}: ${[...results, ...(left > 0 ? [`and so on for ${left} more`] : [])].join(', ')}`
}

/** Says what to do about a change. */
export function adviceText(change: SchemaChange): string {
  switch (change.code) {
    case 'root-changed':
    case 'type-kind-changed':
    case 'field-replaced':
      return newVersion(change.events)
    case 'type-renamed':
    case 'fields-named':
    case 'fields-unnamed':
      return 'nothing to do: names are not on the wire'
    case 'type-changed':
      return change.kind === 'safe' ? 'nothing to do' : newVersion(change.events)
    case 'contents-changed':
      return change.kind === 'safe' ? sameBytes : newVersion(change.events)
    case 'field-renamed':
    case 'variant-renamed':
      return `nothing to do if ${change.after} means the same: names are not on the wire, and if it does not, old values are taken for it`
    case 'fields-regrouped':
      return sameBytes
    case 'field-removed':
    case 'field-added':
      return change.takesNoBytes ? sameBytes : newVersion(change.events)
    case 'fields-reordered':
      return 'put the fields back in their old order, which is the order of the bytes'
    case 'variant-removed':
      return keepVariants([change.variant])
    case 'variant-added':
      return 'deploy what reads it before what writes it: services with the old types fail on the new variant'
    case 'variant-replaced':
      return `${keepVariants([change.before])}, and append ${change.after} at the end`
    case 'variants-renumbered': {
      const { isReordered, inserted, removed } = change
      const steps = [
        ...(isReordered ? ['put the variants back in their old order'] : []),
        ...(inserted.length > 0 ? [`move ${inserted.join(', ')} to the end of the enum`] : []),
        ...(removed.length > 0 ? [keepVariants(removed)] : []),
      ]
      return `${steps.join(', and ')}; new variants go to the end`
    }
  }
}

const sameBytes = 'nothing to do: the bytes are the same'

const keepVariants = (names: readonly string[]): string =>
  `keep ${names.join(', ')} in its place, even when nobody writes it any more`

/** The framework's rule: a new shape is a new event type. */
function newVersion(events: readonly string[]): string {
  const [first] = events
  const version = first === undefined ? undefined : nextVersion(first)
  const written =
    version === undefined || events.length > 1 ? 'of event types one version up (.v2)' : `written as ${version}`
  return events.length > 1
    ? `leave the type as it is, and give the new shape a type of its own in new variants at the end, ${written}`
    : `leave it as it is, and append a variant with the new shape at the end, ${written}`
}

/** `OrderPlaced.v3` → `OrderPlaced.v4`, `OrderPlaced` → `OrderPlaced.v2`; `undefined` for a name that is not plain. */
function nextVersion(event: string): string | undefined {
  if (!/^[\w.-]+$/.test(event)) return undefined
  const found = /^(.*)\.v(\d+)$/.exec(event)
  return found ? `${found[1]}.v${Number(found[2]) + 1}` : `${event}.v2`
}
