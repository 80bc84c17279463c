import type { RustVariant } from '../../../rust/ast.ts'
import { effective, presence, Serde } from '../../../rust/attributes.ts'
import type { SourceLocation } from '../../../rust/source.ts'
import { declaredBody } from '../../model.ts'
import type { Item } from '../crates/module.ts'
import type { Instance } from '../lowering/instances.ts'
import type { Lowering } from '../lowering/lowering.ts'
import type { ImportNote, NoteContent } from '../notes.ts'
import { EventTypeEvaluator, type VariantType } from './evaluate-event-type.ts'
import { EVENT_TYPE_FUNCTIONS, isEventLike } from './event-enums.ts'

/** The event types of a service. */
export interface EventTypes {
  /** Maps each event type to the path of its variant: `OrderPlaced.v1` → `Order.Placed`. */
  readonly events: Map<string, string>
  /** Assumptions and ambiguities that the user should know of. */
  readonly notes: readonly ImportNote[]
}

/** The variants that use an event type. */
interface Usage {
  readonly paths: Set<string>
  readonly location: SourceLocation
  /** Whether only `_` arms return the event type. */
  isDefault: boolean
}

/**
 * Maps each event type to its variant, also to variants of enums inside variants. Drops event types that several variants share,
 * and those that only `_` arms return.
 */
export function eventTypesOf(root: Instance, lowering: Lowering): EventTypes {
  const usages = new Map<string, Usage>()
  const notes: ImportNote[] = []
  const note = ({ file, line }: SourceLocation, content: NoteContent) => notes.push({ file, line, ...content })
  const addUsage = (eventType: string, path: string, location: SourceLocation, isDefault: boolean) => {
    const usage = usages.get(eventType) ?? { paths: new Set(), location, isDefault }
    usage.paths.add(path)
    usage.isDefault &&= isDefault
    usages.set(eventType, usage)
  }
  const walk = (instance: Instance, path: readonly string[], enclosing: readonly Instance[]) => {
    const { item } = instance
    const body = instance.body && declaredBody(instance.body)
    if (item?.rust.kind !== 'enum' || body?.kind !== 'enum') return
    const { name, location } = item.rust
    const naming = namingOf(item, lowering)
    if (naming.kind === 'name') note(location, { code: 'event-types-assumed', enum: name })
    for (const variant of item.rust.variants) {
      const lowered = body.variants.find((one) => one.name === variant.name)
      if (!lowered) continue
      const steps = [...path, variant.name]
      const type = naming.typeOf(variant)
      const [held, ...more] = lowered.fields.kind === 'tuple' ? lowered.fields.items : []
      const inner = held?.kind === 'named' && more.length === 0 ? lowering.instances.byId(held.name) : undefined
      const isWrapper =
        inner?.item !== undefined &&
        inner.body &&
        declaredBody(inner.body).kind === 'enum' &&
        !enclosing.includes(inner)
      const isDelegated = type.isInner || (naming.kind === 'name' && inner?.item && isEventLike(inner.item, lowering))
      if (isWrapper && isDelegated) walk(inner, steps, [...enclosing, inner])
      if (isWrapper && isDelegated && !type.isInner) continue
      for (const { text, isDefault } of type.texts) {
        // If an arm names the variant, the text of a `_` arm is one more event type of this variant.
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
  for (const [eventType, { paths, location, isDefault }] of usages) {
    const [only, ...others] = paths
    if (only !== undefined && others.length > 0) {
      note(location, { code: 'event-type-ambiguous', eventType, variants: [...paths] })
    } else if (only !== undefined && !isDefault) events.set(eventType, only)
  }
  return { events, notes }
}

const NO_EVENT_TYPE: VariantType = { texts: [], isInner: false, isIncomplete: false }
const singleType = (text: string): VariantType => ({ ...NO_EVENT_TYPE, texts: [{ text, isDefault: false }] })

/** How an enum defines its event types. */
interface Naming {
  /** `function`: by `event_type()`. `action`: by `derive(Action)`. `name`: not at all, so the names of variants are used. */
  readonly kind: 'function' | 'action' | 'name'
  readonly typeOf: (variant: RustVariant) => VariantType
}

function namingOf(item: Item, lowering: Lowering): Naming {
  const impls = lowering.impls.of(item)
  for (const name of EVENT_TYPE_FUNCTIONS) {
    for (const { impl, module } of impls) {
      const body = impl.functions.find((one) => {
        const state = presence([...impl.attributes, ...one.attributes], lowering.cfg.of(module.crate))
        return one.name === name && ('ask' in state || state.holds)
      })?.body
      if (!body) continue
      const evaluator = new EventTypeEvaluator(item, module, lowering, name)
      return { kind: 'function', typeOf: (variant) => evaluator.typeOf(variant, body) }
    }
  }
  if (lowering.derivesOf(item).includes('Action')) {
    return {
      kind: 'action',
      typeOf: (variant) =>
        variant.attributes.some(({ path }) => path === 'event') ? singleType(`${variant.name}.v1`) : NO_EVENT_TYPE,
    }
  }
  return {
    kind: 'name',
    typeOf: (variant) =>
      new Serde(effective(variant.attributes, lowering.cfg.of(item.module.crate)).list).has('skip')
        ? NO_EVENT_TYPE
        : singleType(`${variant.name}.v1`),
  }
}
