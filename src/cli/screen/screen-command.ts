import { wakeableSleep } from '../../bus/time/wakeable-sleep.ts'
import { watchLag } from '../../operations/lag/watch.ts'
import { openSchemas } from '../../operations/schemas/open.ts'
import { watchTopics } from '../../operations/topics/watch.ts'
import type { ScreenPorts } from '../../ui/live/ports.ts'
import { listed } from '../../ui/text/listed.ts'
import { BaseCommand } from '../base/base-command.ts'
import { codecsOf } from '../config/topic-format.ts'
import { eventIndexPath } from '../event-index.ts'
import { onSameBus } from '../same-bus.ts'
import { shellWord } from '../suggestions.ts'
import { conversationUpdates } from './conversation-port.ts'
import { planOnScreen } from './reset-port.ts'
import { sagasUpdates } from './sagas-port.ts'
import { tailRows } from './tail-port.ts'

/** The default of `--interval`. */
export const INTERVAL_MS = 2000

/** The most patterns that a notice names. */
const MAX_PATTERNS = 3

/** Which groups and topics to show. */
export interface ScreenChoice {
  readonly groups: readonly string[] | undefined
  readonly topics: readonly string[] | undefined
}

interface ScreenRequest extends ScreenChoice {
  readonly view: 'groups' | 'topics' | 'sagas'
  /** Milliseconds between two measurements. */
  readonly interval: number
  /** Loads the screen, which is a bundle beside the commands. */
  readonly load: () => Promise<typeof import('../../ui/live/show-screen.tsx')>
}

/** Base class of commands that show the live screen. */
export abstract class ScreenCommand extends BaseCommand {
  /** Shows the live screen until the user quits. Then prints a notice for each change that was made on it. */
  protected async showScreen({ groups, topics, view, interval, load }: ScreenRequest): Promise<void> {
    const quit = new AbortController()
    const signal = AbortSignal.any([this.signal, quit.signal])
    const bus = await this.openBus()
    const config = await this.configuration()
    const { io, now, stop } = this.context
    const { timeZone } = this
    const reading = { schemas: await openSchemas(await this.schemaLocation(), undefined), topics: codecsOf(config) }
    const { sleep, wake: measureNow } = wakeableSleep()
    const indexPath = () => eventIndexPath(bus, this.context)
    const ports: ScreenPorts = {
      groups: watchLag(bus, { groups, topics, interval, now, sleep, signal }),
      topics: watchTopics(bus, { topics, interval, now, sleep, signal }),
      sagas: sagasUpdates(bus, { config, context: this.context, interval, sleep, signal }),
      measureNow,
      tail: (request, ended) => {
        const read = request.conversation === undefined ? tailRows : conversationUpdates
        return read(bus, request, { reading, timeZone, now, signal: ended, indexPath })
      },
      planReset: (request) => {
        const { context, unlock, given: flags } = this
        return planOnScreen({ bus, config, context, flags, timeZone, unlock }, request)
      },
      commandLine: (words) => onSameBus(['crbus', ...words.map(shellWord)].join(' '), this.given),
    }
    const { showScreen } = await load()
    const changes = await showScreen(ports, {
      io,
      view,
      interval,
      bus: () => this.namedBus(),
      nothing: { groups: noGroups({ groups, topics }), topics: noTopics(topics), sagas: NO_SAGAS },
      areGroupsNamed: groups !== undefined,
      timeZone,
      signal: this.signal,
      onInterrupt: () => stop.request('interrupted'),
    })
    // Ends a measurement that is still running, so that the command does not wait for it.
    quit.abort()
    for (const change of changes) await this.notice(change)
  }
}

const NO_SAGAS =
  'no saga is described in a folder "sagas" here, above, or beside the embedded bus; "crbus sagas describe checkout --on order-events,payment-events" writes a description from the events'

/** Returns a sentence about why there are no topics to show. */
const noTopics = (topics: ScreenChoice['topics']): string =>
  topics === undefined
    ? 'no topics yet; "crbus topics create" creates one'
    : `no topic matches ${listed(topics, MAX_PATTERNS)}; without --topic, all topics are listed`

/** Returns a sentence about why there are no groups to show. */
export function noGroups({ groups, topics }: ScreenChoice): string {
  if (topics !== undefined) return 'no matching group reads or has committed on a matching topic'
  return groups === undefined
    ? 'no groups yet; a subscriber or "crbus reset --new-group" creates one'
    : `no group matches ${listed(groups, MAX_PATTERNS)}; "crbus lag" measures all`
}
