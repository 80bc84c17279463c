import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A change to one file of a generated Rust service that its tests should notice. */
export interface RustMutant {
  /** The module of the part, as a filter of `cargo test`. */
  readonly part: string
  readonly file: string
  readonly what: string
  /** The whole file with the change. */
  readonly text: string
}

type Change = readonly [what: string, from: string, to: string]

const order: readonly Change[] = [
  [
    'shipped after cancelled',
    '    (OrderStatus::OrderPlaced, OrderStatus::OrderShipped),\n',
    '    (OrderStatus::OrderPlaced, OrderStatus::OrderShipped),\n    (OrderStatus::OrderCancelled, OrderStatus::OrderShipped),\n',
  ],
  [
    'placed twice',
    '    (OrderStatus::New, OrderStatus::OrderPlaced),\n',
    '    (OrderStatus::New, OrderStatus::OrderPlaced),\n    (OrderStatus::OrderPlaced, OrderStatus::OrderPlaced),\n',
  ],
  ['an empty id is accepted', 'order_id.is_nil()', 'false'],
  ['an amount of 0 is refused', '!(0..=100_000)', '!(1..=100_000)'],
  ['an amount of 100,000 is refused', '!(0..=100_000)', '!(0..100_000)'],
  ['the reason is lost', 'reason: refusal,', 'reason: String::new(),'],
  [
    'no publish',
    '        steps.extend(settle(None));\n',
    '        steps.clear();\n        steps.extend(settle(None));\n',
  ],
  ['the wrong event topic', 'EVENTS: &str = "order-events"', 'EVENTS: &str = "orders-events"'],
  ['the wrong command topic', 'COMMANDS: &str = "order-commands"', 'COMMANDS: &str = "order-events"'],
  ['the state is not kept', 'self.total.clone_from(total);', 'let _ = total;'],
  ['not stored', 'events: vec![serialized],', 'events: vec![],'],
  [
    'a refused command is not kept',
    'self.dead_letters.add(stream, command, reason).await?;',
    'let _ = (stream, command);',
  ],
  [
    'a refusal is silent',
    'Some(OrderAction::Refused { reason })',
    'drop(reason); Some(OrderAction::Settled { failure: None })',
  ],
  ['the correlation is lost', 'command.metadata.clone().unwrap_or_default()', 'EventMetadata::default()'],
]

const checkout: readonly Change[] = [
  ['undone in the wrong order', 'CheckoutStep::ALL.iter().rev()', 'CheckoutStep::ALL.iter()'],
  ['the reason is lost', 'reason: state.reason.clone(),', 'reason: String::new(),'],
  ['the wrong command topic', 'Self::Payment => "payment-commands"', 'Self::Payment => "order-commands"'],
  ['the end is not published', 'vec![Reaction::Complete]', 'Vec::new()'],
  ['the wrong event topic', 'EVENTS: &str = "checkout-events"', 'EVENTS: &str = "order-events"'],
  ['what was told is not kept', 'self.learn(event);', ''],
  [
    'no publish',
    'sending.extend(message.map(|(topic, message)| self.send(state, topic, message)));',
    'drop(message.map(|(topic, message)| self.send(state, topic, message)));',
  ],
  [
    'undo commands have no back-off',
    'self.timeout * (1 << attempt.saturating_sub(1).min(UNDO_ATTEMPTS))',
    'self.timeout',
  ],
  ['an undo is never stuck', 'if attempt < UNDO_ATTEMPTS {', 'if attempt <= UNDO_ATTEMPTS {'],
  ['a stuck step is not said', 'reactions.push(Reaction::Stuck(step));', ''],
  ['a command has no time-out', 'duration: self.timeout,', 'duration: self.timeout * 1000,'],
  ['a time-out that is not stored is lost', 'event.is_time_out() && state.missed', 'false && state.missed'],
  ['goes on after it is taken back', 'is_failing || self.status.is_taken_back()', 'is_failing'],
]

/**
 * The mutants of a Rust service that `makeService` made, a list for each part. Throws when a text is not where it was, or is
 * there twice.
 */
export const handWrittenRust = (service: string): readonly (readonly RustMutant[])[] => [
  mutantsOf(service, 'aggregates/order', order),
  mutantsOf(service, 'sagas/checkout', checkout),
]

function mutantsOf(service: string, module: string, changes: readonly Change[]): readonly RustMutant[] {
  const file = join(service, `src/${module}.rs`)
  const text = readFileSync(file, 'utf8')
  return changes.map(([what, from, to]) => {
    if (text.split(from).length !== 2) throw new Error(`src/${module}.rs must have this text once: ${from}`)
    return { part: `${module.replace('/', '::')}::`, file, what, text: text.replace(from, () => to) }
  })
}
