import { Flags } from '@oclif/core'
import { changeFlags } from '../cli/base/flags.ts'
import { LocalCommand } from '../cli/base/local-command.ts'
import { toDelay } from '../cli/base/parse-flags.ts'
import { shownStore } from '../cli/config/store-address.ts'
import { RefusedError, UsageError } from '../cli/errors.ts'
import { planProfile, profilesIn, setProfile } from '../cli/profiles/user-file.ts'
import { flag } from '../cli/suggestions.ts'
import { withLock } from '../local/lock.ts'
import { type Engine, engines, type Local } from '../local/model.ts'
import { addressesOf, applyUp, planUp } from '../local/up.ts'
import { formatLocalServers, noPostgresText } from '../ui/format-local.ts'
import { printable } from '../ui/text/printable.ts'

const DEFAULT_WAIT_MS = 60_000
const DEFAULT_PROFILE = 'local'

interface UpFlags {
  readonly engine: Engine | undefined
  readonly jars: string | undefined
  readonly port: number | undefined
  readonly wait: string | undefined
  readonly 'profile-name': string | undefined
}

export default class Up extends LocalCommand {
  static override summary = 'Start a local broker and Postgres for development'
  static override document = 'up'
  static override description = [
    'Starts Redpanda and Postgres with Docker or Podman if either answers. Otherwise starts Apache Kafka with Java 17 or newer, and Postgres if its programs are installed. Both listen on 127.0.0.1 and go on running when the terminal closes. The embedded bus needs none of this.',
    'Writes a profile with the addresses to your own configuration file. The data stays in your data folder, or in volumes of the container engine, until "crbus down --purge". Exits with code 6 if there is nothing to start a broker with.',
  ].join('\n\n')
  static override examples = ['<%= config.bin %> up', '<%= config.bin %> up --engine java --port 19092 --yes']
  static override flags = {
    engine: Flags.option({
      description: 'Use only this engine (default: the first that answers)',
      options: engines,
    })(),
    port: Flags.integer({
      description: 'Port of the broker (default: that of the last start, else 9092 if it is free)',
      min: 1,
      max: 65_535,
      helpValue: 'NUMBER',
    }),
    jars: Flags.string({
      description: 'Folder with the jars of Kafka (env CRBUS_KAFKA_JARS; default: fetched once with Maven)',
      helpValue: 'FOLDER',
    }),
    wait: Flags.string({
      description: 'How long to wait until the servers answer (default: 60s)',
      helpValue: 'DURATION',
    }),
    'profile-name': Flags.string({
      description: 'Name of the profile to write (default: local)',
      helpValue: 'NAME',
    }),
    'dry-run': changeFlags['dry-run'],
    yes: changeFlags.yes,
  }

  async run() {
    const { flags } = await this.parse(Up)
    const local = this.local()
    const wait = toDelay('--wait', flags.wait, '60s') ?? DEFAULT_WAIT_MS
    const work = () => this.#start(local, flags, wait)
    return flags['dry-run'] ? work() : withLock(local, wait, work)
  }

  async #start(local: Local, flags: UpFlags, wait: number) {
    const jars = flags.jars ?? (this.context.env.CRBUS_KAFKA_JARS || undefined)
    const plan = await planUp(local, { engine: flags.engine, port: flags.port, jars })
    const { brokers, store } = addressesOf(plan)
    const file = this.context.userFile
    const name = flags['profile-name'] ?? DEFAULT_PROFILE
    this.#refuseGuarded(file, name)
    const keys = { brokers, ...(store && { store }) }
    const { change } = planProfile(file, name, keys)
    const shownUrl = store && shownStore({ kind: 'postgres', url: store })
    const shown: ShownProfile = { name, file, change, brokers, store: shownUrl }
    const servers = plan.servers.map(({ port, isRunning, takenPort: _, ...server }) => ({
      ...server,
      address: `127.0.0.1:${port}`,
      state: isRunning ? 'running' : 'to start',
    }))
    for (const { server, port, takenPort } of plan.servers) {
      if (takenPort !== undefined)
        await this.notice(`note: port ${takenPort} is in use, so the ${server} gets port ${port}`)
    }
    const skipped = plan.withoutPostgres
    const skippedDocument = skipped && { ...skipped, server: 'postgres', message: noPostgresText(skipped) }
    if (skippedDocument) await this.notice(`note: ${skippedDocument.message}`)
    const isUp = plan.servers.every(({ isRunning }) => isRunning)
    return this.carryOut({
      plan: { engine: plan.found.engine, isRunning: isUp, servers, skipped: skippedDocument, profile: shown },
      name: 'the local servers',
      shown: formatUp(servers, shown),
      isNothing: isUp && shown.change === 'unchanged',
      question: isUp ? 'Write this profile?' : 'Start this?',
      apply: async () => {
        if (!isUp) await applyUp(local, plan, wait)
        setProfile(file, name, keys)
        await this.#noteOtherProfile(name, brokers)
        return {}
      },
      done: () => `the servers run; next: crbus topics list --profile ${name}`,
    })
  }

  /** Refuses to replace a guarded profile: it belongs to another bus. */
  #refuseGuarded(file: string, name: string): void {
    if (!/^[A-Za-z0-9._-]+$/.test(name)) {
      throw new UsageError(`--profile-name ${name} may contain only letters, digits, dots, underscores and hyphens`)
    }
    const { readOnly, protected: isProtected } = profilesIn(file)[name] ?? {}
    if (!readOnly && !isProtected) return
    throw new RefusedError(
      `profile '${name}' of ${file} is ${readOnly ? 'read-only' : 'protected'}; nothing was started`,
      [flag(`--profile-name ${name === 'crbus' ? 'dev' : 'crbus'}`, 'writes another profile')],
    )
  }

  /** Prints a notice if `--profile` would select a profile of the project with the same name. */
  async #noteOtherProfile(name: string, brokers: string): Promise<void> {
    const { bus, project } = await this.context.config({ profile: name })
    if (bus.value.kind === 'kafka' && bus.value.brokers === brokers) return
    await this.notice(
      `note: ${project} has its own profile ${name}, which hides this one here; --profile-name writes another`,
    )
  }
}

interface ShownProfile {
  readonly name: string
  readonly file: string
  readonly change: 'added' | 'replaced' | 'unchanged'
  readonly brokers: string
  /** Without the password. */
  readonly store: string | undefined
}

function formatUp(servers: Parameters<typeof formatLocalServers>[0], { name, file, change }: ShownProfile): string {
  const isUp = servers.every(({ state }) => state === 'running')
  const changes = { added: 'is added to', replaced: 'is replaced in', unchanged: 'is in' }
  const lead = isUp ? 'the local servers run already\n' : ''
  return `${lead}${formatLocalServers(servers)}profile ${name} ${changes[change]} ${printable(file)}\n`
}
