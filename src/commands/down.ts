import { Flags } from '@oclif/core'
import { changeFlags } from '../cli/base/flags.ts'
import { LocalCommand, localDocument } from '../cli/base/local-command.ts'
import { applyDown } from '../local/down.ts'
import { withLock } from '../local/lock.ts'
import type { Local } from '../local/model.ts'
import { inspectLocal, type LocalReport } from '../local/status.ts'
import { listTopics } from '../operations/topics/topics.ts'
import { formatLocalServers } from '../ui/format-local.ts'
import { plural } from '../ui/text/listed.ts'

/** How long to wait for another command that starts or stops the servers. */
const MAX_LOCK_MS = 60_000

/** What the broker holds, which `--purge` deletes. */
interface Content {
  readonly topicCount: number
  readonly eventCount: bigint
}

export default class Down extends LocalCommand {
  static override summary = 'Stop the local broker and Postgres of "crbus up"'
  static override document = 'down'
  static override description =
    'Stops the servers and keeps their data for the next "crbus up". With --purge, deletes the data too, after a confirmation. The profile in your configuration file stays.'
  static override examples = ['<%= config.bin %> down', '<%= config.bin %> down --purge --dry-run']
  static override flags = {
    purge: Flags.boolean({ description: 'Delete the data, the logs and the settings of the servers' }),
    'dry-run': changeFlags['dry-run'],
    yes: changeFlags.yes,
  }

  async run() {
    const { flags } = await this.parse(Down)
    const local = this.local()
    const work = () => this.#stop(local, flags.purge)
    return flags['dry-run'] ? work() : withLock(local, MAX_LOCK_MS, work)
  }

  async #stop(local: Local, purge: boolean) {
    const report = await inspectLocal(local)
    const content = purge ? await this.#contentOf(report) : undefined
    const isStopped = report.servers.every(({ pid, containerId }) => pid === undefined && containerId === undefined)
    const isNothing = report.state === 'absent' || (isStopped && !purge)
    return this.carryOut({
      plan: { ...localDocument(report), isPurge: Boolean(purge), ...content },
      name: 'the local servers',
      shown: formatDown(report, purge, isNothing, content),
      isNothing,
      question: purge ? `Delete the data of the local servers${formatContent(content)}?` : undefined,
      apply: async () => {
        await applyDown(local, purge)
        return {}
      },
      done: () => (purge ? 'stopped, and deleted the data' : 'stopped; "crbus up" starts them again with their data'),
    })
  }

  /** Counts topics and events if the broker answers. */
  async #contentOf({ servers }: LocalReport): Promise<Content | undefined> {
    const broker = servers.find(({ server, state }) => server === 'broker' && state === 'healthy')
    if (broker === undefined) return undefined
    const topics = await this.withBroker(broker.address, (bus) => listTopics(bus))
    return {
      topicCount: topics.length,
      eventCount: topics.reduce((sum, { eventCount }) => sum + eventCount, 0n),
    }
  }
}

function formatDown(report: LocalReport, purge: boolean, isNothing: boolean, content: Content | undefined): string {
  if (report.state === 'absent') return 'there are no local servers\n'
  if (isNothing) return 'the local servers are stopped already\n'
  const table = formatLocalServers(report.servers)
  if (!purge) return table
  return `${table}deletes this data${formatContent(content)}\n`
}

/** Counts what would be deleted. Empty if the broker does not answer. */
const formatContent = (content: Content | undefined): string =>
  content === undefined ? '' : `: ${plural(content.topicCount, 'topic')}, ${plural(content.eventCount, 'event')}`
