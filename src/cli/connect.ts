import { join } from 'node:path'
import type { EventBus } from '../bus/event-bus.ts'
import type { BusFlags } from './context.ts'
import { UsageError } from './errors.ts'

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
}

/**
 * Opens the bus the flags and the environment name. Order: `--brokers`, `--data-dir`, `CRBUS_BROKERS`,
 * `REDPANDA_BROKERS` (the name the Rust services use), `CRBUS_DATA_DIR`, else one file in the user's data folder.
 * A driver is loaded when it is chosen, so that nothing pays for the others.
 */
export async function connect(flags: BusFlags, { env, home }: Surroundings): Promise<EventBus> {
  // What an unset variable in a script makes of `-b "$BROKERS"` must not write to a local file.
  if (flags.brokers !== undefined && flags.brokers.trim() === '') {
    throw new UsageError('--brokers is empty', ['-b 127.0.0.1:9092', 'leave --brokers out to use the local file'])
  }
  if (flags['data-dir'] === '') throw new UsageError('--data-dir is empty', ['--data-dir .crbus'])
  const isLocal = flags.embedded === true || flags['data-dir'] !== undefined
  const inherited = isLocal ? undefined : env.CRBUS_BROKERS || env.REDPANDA_BROKERS
  const brokers = flags.brokers ?? inherited
  if (brokers) {
    const { RedpandaEventBus } = await import('../drivers/kafka/redpanda-event-bus.ts')
    return new RedpandaEventBus({ brokers })
  }
  const { EmbeddedEventBus } = await import('../drivers/embedded/embedded-event-bus.ts')
  const folder =
    flags['data-dir'] ?? (env.CRBUS_DATA_DIR || join(env.XDG_DATA_HOME || join(home, '.local', 'share'), 'crbus'))
  return new EmbeddedEventBus({ path: join(folder, 'bus.db') })
}
