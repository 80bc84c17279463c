import type { SchemaChange } from '../../operations/schemas/diff.ts'

type Change<Code extends SchemaChange['code']> = Extract<SchemaChange, { code: Code }>
type FieldText = Change<'field-replaced'>['before']

/** Returns a sentence about a change and what happens to old bytes, without a full stop. */
export function changeText(change: SchemaChange): string {
  const note = change.isRegrouped ? regroupedNote : change.leftoverBytes ? leftoverNote : undefined
  return note === undefined ? ownText(change) : `${ownText(change)}; ${note}`
}

const leftoverNote =
  'bincode::deserialize ignores bytes left over at the end of a payload, so its services may continue without an error'
const regroupedNote = 'the whole payload still has the same parts in the same order'

function ownText(change: SchemaChange): string {
  switch (change.code) {
    case 'root-changed': {
      const { before, after, wrappedBy } = change
      const wraps =
        wrappedBy === undefined
          ? ''
          : `; its variant ${wrappedBy} wraps ${before}, so each payload starts with one more number`
      return `the payload type changed from ${before} to ${after}${wraps}`
    }
    case 'integers-changed':
      return `integers had ${change.before} sizes and now have ${change.after} ones`
    case 'type-renamed':
      return `the type was renamed from ${change.before} to ${change.after}`
    case 'type-kind-changed':
      return change.before === 'enum' ? 'the enum became a struct' : 'the struct became an enum'
    case 'type-changed':
      return `the type changed from ${change.before} to ${change.after}${typeNotes[change.reason]}`
    case 'fields-named':
      return 'the items became fields with names, in the same order'
    case 'fields-unnamed':
      return 'the fields lost their names, in the same order'
    case 'contents-changed':
      return `the contents changed from ${listOf(change.before)} to ${listOf(change.after)}`
    case 'field-renamed':
      return `the field was renamed to ${change.after}${change.type === undefined ? '' : `, of type ${change.type}`}`
    case 'field-replaced':
      return `${fieldText(change.after)} replaced ${fieldText(change.before)}`
    case 'fields-regrouped':
      return `the fields ${change.removed.join(', ')} became ${change.added.join(', ')}, with the same bytes`
    case 'field-removed':
      return `the field was removed (${change.type})${change.takesNoBytes ? ', which takes no bytes' : ''}`
    case 'field-added':
      return addedText(change)
    case 'fields-reordered':
      return reorderedText(change)
    case 'variant-removed':
      return `the last variant ${change.variant} was removed, so its number is unknown`
    case 'variant-added':
      return `the variant ${change.variant} was added at the end`
    case 'variant-renamed':
      return `the variant was renamed to ${change.after}`
    case 'variant-replaced': {
      const { before, after, isDecoded } = change
      const result = isDecoded ? `decode as ${after}` : `are read as ${after} and fail`
      return `${after} replaced ${before} and has its number: old bytes of ${before} ${result}`
    }
    case 'variants-renumbered':
      return renumberedText(change)
  }
}

const typeNotes: Readonly<Record<Change<'type-changed'>['reason'], string>> = {
  'same-bytes': ', with the same bytes',
  'drops-duplicates': ': duplicate items are dropped',
  'loses-order': ': the order of the items is lost',
  sign: ': negative and very large numbers have the same bytes, so one is read as the other',
  'other-value': ': old bytes decode to another value',
  'other-value-or-fails': ': old bytes decode to another value or fail',
  'option-byte-missing': ': an Option starts with a tag byte, which old bytes do not have',
  'option-byte-left': ': old bytes still start with the tag byte of the Option',
  'fewer-values': ': the new type does not accept every old value',
  'other-bytes': ': the two types have different bytes',
}

const fieldText = ({ name, type }: FieldText): string => (name === undefined ? type : `${name}: ${type}`)
const listOf = (fields: readonly FieldText[]): string =>
  fields.length === 0 ? 'nothing' : fields.map(fieldText).join(', ')

function addedText({ type, nextField, isOption, takesNoBytes }: Change<'field-added'>): string {
  const where = nextField === undefined ? 'at the end' : `before ${nextField}`
  const option = isOption
    ? '; an Option takes a byte even when it is None, and serde(default) has no effect in bincode'
    : ''
  return `a field was added ${where} (${type})${takesNoBytes ? ', which takes no bytes' : option}`
}

function reorderedText({ kind, before, after, movedFields, swapped, misread }: Change<'fields-reordered'>): string {
  const what = swapped
    ? `the fields ${swapped.join(' and ')} changed places`
    : `${movedFields.join(', ')} moved: the fields were ${before.join(', ')} and are now ${after.join(', ')}`
  if (misread !== undefined) return `${what}: old bytes of ${misread.before} are read as ${misread.after}`
  return kind === 'safe' ? `${what}, with the same bytes` : `${what}, and their bytes differ`
}

/** The most variants whose misread bytes a text describes. */
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
    ...(isReordered ? ['the variants were reordered, which changes their numbers in the bytes'] : []),
    ...(inserted.length > 0 ? [`${were(inserted)} inserted before ${insertedBefore}`] : []),
    ...(removed.length > 0 ? [`${were(removed)} removed from the middle`] : []),
  ]
  const results = misread.slice(0, MAX_MISREAD_VARIANTS).map(({ before, after, outcome }, index) => {
    const bytes = `${index === 0 ? 'old ' : ''}bytes of ${before}`
    if (after === undefined) return `${bytes} fail`
    if (outcome === 'fails') return `${bytes} are read as ${after} and fail`
    return `${bytes} decode as ${after}${outcome === 'decodes' ? '' : ' or fail'}`
  })
  const left = misread.length - MAX_MISREAD_VARIANTS
  return `${causes.join(', and ')}: ${[...results, ...(left > 0 ? [`and ${left} more`] : [])].join(', ')}`
}

/** Returns advice on what to do about a change, without a full stop. */
export function adviceText(change: SchemaChange): string {
  if (change.isRegrouped) return sameBytes
  switch (change.code) {
    case 'root-changed':
    case 'integers-changed':
    case 'type-kind-changed':
    case 'field-replaced':
      return newVersion(change.events)
    case 'type-renamed':
    case 'fields-named':
    case 'fields-unnamed':
      return 'nothing to do: names are not in the bytes'
    case 'type-changed':
      return change.kind === 'safe' ? 'nothing to do' : newVersion(change.events)
    case 'contents-changed':
      return change.kind === 'safe' ? sameBytes : newVersion(change.events)
    case 'field-renamed':
    case 'variant-renamed':
      return `nothing to do if ${change.after} means the same, since names are not in the bytes; otherwise old values are taken for it`
    case 'fields-regrouped':
      return sameBytes
    case 'field-removed':
    case 'field-added':
      return change.takesNoBytes ? sameBytes : newVersion(change.events)
    case 'fields-reordered':
      return 'restore the old order of the fields, which is the order of the bytes'
    case 'variant-removed':
      return keepVariants([change.variant])
    case 'variant-added':
      return 'deploy the services that read it before those that write it: services with the old types fail on the new variant'
    case 'variant-replaced':
      return `${keepVariants([change.before])}, and add ${change.after} at the end`
    case 'variants-renumbered': {
      const { isReordered, inserted, removed } = change
      const steps = [
        ...(isReordered ? ['restore the old order of the variants'] : []),
        ...(inserted.length > 0 ? [`move ${inserted.join(', ')} to the end of the enum`] : []),
        ...(removed.length > 0 ? [keepVariants(removed)] : []),
      ]
      return `${steps.join(', and ')}; add new variants only at the end`
    }
  }
}

const sameBytes = 'nothing to do: the bytes are the same'

const keepVariants = (names: readonly string[]): string =>
  names.length === 1
    ? `keep ${names[0]} at its position, even if no service writes it any more`
    : `keep ${names.join(', ')} at their positions, even if no service writes them any more`

/** Returns advice by the rule of Composable Rust: a type with another shape is a new version of the event type. */
function newVersion(events: readonly string[]): string {
  const [first] = events
  const version = first === undefined ? undefined : nextVersion(first)
  const written =
    version === undefined || events.length > 1 ? 'with the next version of each event type (.v2)' : `as ${version}`
  return events.length > 1
    ? `keep the type unchanged, and give the new shape a type of its own in new variants at the end, ${written}`
    : `keep it unchanged, and add a variant with the new shape at the end, ${written}`
}

/** `OrderPlaced.v3` → `OrderPlaced.v4`, `OrderPlaced` → `OrderPlaced.v2`; `undefined` for a name with other characters. */
function nextVersion(event: string): string | undefined {
  if (!/^[\w.-]+$/.test(event)) return undefined
  const found = /^(.*)\.v(\d+)$/.exec(event)
  return found ? `${found[1]}.v${Number(found[2]) + 1}` : `${event}.v2`
}
