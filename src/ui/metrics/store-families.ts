import { sampleLine } from '../../codecs/prometheus.ts'
import type { StoreFigures } from '../../operations/metrics/store.ts'
import type { MetricFamily } from './family.ts'

type Backlog = Extract<StoreFigures, { readonly ok: true }>['backlog']
type Owner = Backlog['owners'][number]

/** Returns the metrics of an event store. */
export function storeFamilies(store: StoreFigures): readonly MetricFamily[] {
  const up: MetricFamily = {
    name: 'crbus_store_up',
    help: 'whether the event store could be measured',
    samples: (name) => [sampleLine(name, {}, store.ok ? 1 : 0)],
  }
  return store.ok ? [up, ...backlogFamilies(store.backlog)] : [up]
}

function backlogFamilies({ now, owners, failed, rejected }: Backlog): readonly MetricFamily[] {
  /** Seconds since a time of the store, by its own clock; 0 if nothing waits. */
  const since = (time: Date | undefined): number =>
    time === undefined ? 0 : Math.max(0, now.getTime() - time.getTime()) / 1000
  const ofOwners =
    (read: (owner: Owner) => number): MetricFamily['samples'] =>
    (name) =>
      owners.map((owner) => sampleLine(name, { owner: owner.owner }, read(owner)))
  const ofLetters =
    (read: (letters: Backlog['failed']) => number): MetricFamily['samples'] =>
    (name) => [
      sampleLine(name, { kind: 'failed' }, read(failed)),
      sampleLine(name, { kind: 'rejected' }, read(rejected)),
    ]
  return [
    {
      name: 'crbus_store_outbox_messages',
      help: 'messages of the outbox that are not published yet',
      samples: ofOwners(({ outbox }) => outbox.messages),
    },
    {
      name: 'crbus_store_outbox_age_seconds',
      help: 'seconds since the oldest message of the outbox was stored',
      unit: 'seconds',
      samples: ofOwners(({ outbox }) => since(outbox.oldest)),
    },
    {
      name: 'crbus_store_due_timers',
      help: 'timers whose time has come and that have not fired',
      samples: ofOwners(({ due }) => due.timers),
    },
    {
      name: 'crbus_store_due_timer_age_seconds',
      help: 'seconds since the first of the due timers was due',
      unit: 'seconds',
      samples: ofOwners(({ due }) => since(due.earliest)),
    },
    {
      name: 'crbus_store_dead_letters',
      help: 'open dead letters: events that failed, and commands that were rejected',
      samples: ofLetters(({ count }) => count),
    },
    {
      name: 'crbus_store_dead_letter_age_seconds',
      help: 'seconds since the oldest open dead letter was stored',
      unit: 'seconds',
      samples: ofLetters(({ oldest }) => since(oldest)),
    },
  ]
}
