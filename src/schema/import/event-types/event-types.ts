import type { RustVariant } from '../../../rust/ast.ts'
import { effective, Serde } from '../../../rust/attributes.ts'
import type { SourceLocation } from '../../../rust/source.ts'
import type { Item } from '../crates/module.ts'
import type { Instance } from '../lowering/instances.ts'
import type { Lowering } from '../lowering/lowering.ts'
import type { ImportNote, NoteContent } from '../notes.ts'
import { EventTypeEvaluator, type VariantType } from './evaluate-event-type.ts'
import { EVENT_TYPE_FUNCTIONS, isEventLike } from './event-enums.ts'

/** The event types of a service. */
export interface EventTypes {
  /** Event type → path of variants: `OrderPlaced.v1` → `Order.Placed`. */
  readonly events: Map<string, string>
  /** Assumptions and ambiguities that the user should know of. */
  readonly notes: readonly ImportNote[]
}

/** The variants that use an event type. */
interface Usage {
  readonly paths: Set<string>
  readonly location: SourceLocation
  /** Only `_` arms return the event type. */
  isDefault: boolean
}

/** Maps each event type to its variant, descending into wrapped enums. Drops event types that several variants share. */
export function eventTypesOf(root: Instance, lowering: Lowering, assume: ReadonlyMap<string, string>): EventTypes {
  const usages = new Map<string, Usage>()
  const notes: ImportNote[] = []
  const note = ({ file, line }: SourceLocation, content: NoteContent) => notes.push({ file, line, ...content })
  const addUsage = (event: string, path: string, location: SourceLocation, isDefault: boolean) => {
    const usage = usages.get(event) ?? { paths: new Set(), location, isDefault }
    usage.paths.add(path)
    usage.isDefault &&= isDefault
    usages.set(event, usage)
  }
  const walk = (instance: Instance, path: readonly string[], above: readonly Instance[]) => {
    const { item, body } = instance
    if (item?.rust.kind !== 'enum' || body?.kind !== 'enum') return
    const { name, location } = item.rust
    const naming = namingOf(item, lowering, assume)
    if (naming.kind === 'name') note(location, { code: 'event-types-assumed', enum: name })
    for (const variant of item.rust.variants) {
      const lowered = body.variants.find((one) => one.name === variant.name)
      if (!lowered) continue
      const steps = [...path, variant.name]
      const type = naming.of(variant)
      const [held, ...more] = lowered.fields.kind === 'tuple' ? lowered.fields.items : []
      const inner = held?.kind === 'named' && more.length === 0 ? lowering.instances.byId(held.name) : undefined
      const isWrapper = inner?.item !== undefined && inner.body?.kind === 'enum' && !above.includes(inner)
      const isDelegated = type.isInner || (naming.kind === 'name' && inner?.item && isEventLike(inner.item, lowering))
      if (isWrapper && isDelegated) walk(inner, steps, [...above, inner])
      if (isWrapper && isDelegated && !type.isInner) continue
      for (const { text, isDefault } of type.texts) {
        // For a variant that has an event type of its own, the text of a `_` arm is another one.
        const isOnlyDefault = isDefault && type.texts.every((one) => one.isDefault)
        addUsage(text, steps.join('.'), variant.location, isOnlyDefault)
      }
      if (!type.isIncomplete && (isWrapper || !type.isInner)) continue
      const found = type.texts.map(({ text }) => text)
      const about = { variant: `${name}::${variant.name}` }
      if (found.length > 0) {
        note(variant.location, { code: 'event-types-incomplete', ...about, eventTypes: found })
        continue
      }
      const fallback = `${variant.name}.v1`
      note(variant.location, { code: 'event-type-assumed', ...about, eventType: fallback })
      addUsage(fallback, steps.join('.'), variant.location, false)
    }
  }
  walk(root, [], [root])
  const events = new Map<string, string>()
  for (const [event, { paths, location, isDefault }] of usages) {
    const [only, ...others] = paths
    if (only !== undefined && others.length > 0) {
      note(location, { code: 'event-type-ambiguous', eventType: event, variants: [...paths] })
    } else if (only !== undefined && !isDefault) events.set(event, only)
  }
  return { events, notes }
}

const noType: VariantType = { texts: [], isInner: false, isIncomplete: false }
const typeNamed = (text: string): VariantType => ({ ...noType, texts: [{ text, isDefault: false }] })

/** How an enum defines its event types. */
interface Naming {
  /** By `event_type()`, by `derive(Action)`, or not at all: the names of its variants. */
  readonly kind: 'function' | 'action' | 'name'
  readonly of: (variant: RustVariant) => VariantType
}

function namingOf(item: Item, lowering: Lowering, assume: ReadonlyMap<string, string>): Naming {
  const impls = lowering.impls.of(item)
  for (const name of EVENT_TYPE_FUNCTIONS) {
    for (const { impl, module } of impls) {
      const body = impl.functions.find((one) => one.name === name)?.body
      if (!body) continue
      const evaluator = new EventTypeEvaluator(item, module, lowering, assume, name)
      return { kind: 'function', of: (variant) => evaluator.typeOf(variant, body) }
    }
  }
  if (lowering.derivesOf(item).includes('Action')) {
    return {
      kind: 'action',
      of: (variant) =>
        variant.attributes.some(({ path }) => path === 'event') ? typeNamed(`${variant.name}.v1`) : noType,
    }
  }
  return {
    kind: 'name',
    of: (variant) =>
      new Serde(effective(variant.attributes, assume).list).has('skip') ? noType : typeNamed(`${variant.name}.v1`),
  }
}
