import { BaseCommand } from '../cli/base/base-command.ts'
import { readFlags } from '../cli/base/flags.ts'
import type { ColorChoice } from '../cli/config/color.ts'
import type { Config } from '../cli/config/config.ts'
import type { TopicSettings } from '../cli/config/config-file.ts'
import type { Guard } from '../cli/config/guard.ts'
import { shownRegistry } from '../cli/config/registry/registry-setting.ts'
import type { Setting } from '../cli/config/setting.ts'
import { shownStore } from '../cli/config/store-address.ts'
import { rowsOfBus, type ShownBus, shownBus } from '../cli/profiles/shown-profile.ts'
import { formatDuration } from '../ui/text/format-duration.ts'
import { formatTable } from '../ui/text/table.ts'

/** The `--json` document: the settings in force, without secrets. A setting without a value is absent. */
interface ConfigReport {
  readonly files: readonly string[]
  readonly profiles: readonly string[]
  readonly profile: Setting<string> | undefined
  readonly bus: ShownBus & { readonly from: string }
  readonly maxBatchBytes: Setting<number> | undefined
  readonly guard: Guard | undefined
  readonly store: Setting<string> & { readonly kind: string }
  readonly schemas: Setting<string> | undefined
  readonly registry: Setting<string> | undefined
  readonly templates: Setting<string> | undefined
  readonly color: Setting<ColorChoice> | undefined
  readonly topics: readonly TopicReport[]
  readonly services: readonly ServiceReport[]
}

/** The settings of a declared topic. */
interface TopicReport extends Omit<TopicSettings, 'partitions'> {
  readonly topic: string
  readonly partitionCount: number | undefined
  readonly from: string
}

/** A declared service. */
interface ServiceReport {
  readonly service: string
  readonly group: string | undefined
  readonly consumes: readonly TypesOfTopic[]
  readonly publishes: readonly TypesOfTopic[]
  readonly from: string
}

interface TypesOfTopic {
  readonly topic: string
  readonly types: readonly string[]
}

export default class ConfigCommand extends BaseCommand {
  static override summary = 'Show the settings in force and where they come from'
  static override document = 'config'
  static override description = [
    'Flags override the environment, the environment overrides crbus.json (in this folder or the nearest folder above), and crbus.json overrides ~/.config/crbus/config.json. The command connects to nothing and shows no passwords.',
    '--brokers, --data-dir and the environment override the bus of a profile, except that --profile overrides the environment. The guard of the profile still applies to that bus. The guard of any other profile with the same bus applies too.',
  ].join('\n\n')
  static override examples = ['<%= config.bin %> config', '<%= config.bin %> config --profile prod --json']
  static override flags = { ...readFlags }

  async run(): Promise<ConfigReport> {
    await this.parse(ConfigCommand)
    const report = toReport(await this.configuration())
    if (report.files.length === 0) await this.notice('no configuration file was found')
    await this.print(formatTable(['SETTING', 'VALUE', 'FROM'], rowsOf(report)))
    return report
  }
}

function toReport(config: Config): ConfigReport {
  const { files, profiles, profile, bus, maxBatchBytes, guard, store, schemas, registry, templates, color } = config
  const { topics, services } = config
  return {
    files,
    profiles: [...profiles.keys()],
    profile,
    bus: { ...shownBus(bus.value), from: bus.from },
    maxBatchBytes,
    guard,
    store: { kind: store.value.kind, value: shownStore(store.value), from: store.from },
    schemas: schemas && { value: schemas.value, from: schemas.from },
    registry: registry && { value: shownRegistry(registry.value), from: registry.from },
    templates,
    color,
    topics: [...topics].map(([topic, { value, from }]) => {
      const { partitions: partitionCount, ...settings } = value
      return { topic, partitionCount, ...settings, from }
    }),
    services: [...services].map(([service, { value, from }]) => {
      const { group, consumes, publishes } = value
      return { service, group, consumes: typesOf(consumes), publishes: typesOf(publishes), from }
    }),
  }
}

const typesOf = (byTopic: ReadonlyMap<string, readonly string[]>): readonly TypesOfTopic[] =>
  [...byTopic].map(([topic, types]) => ({ topic, types }))

function rowsOf({ bus, maxBatchBytes, guard, topics, services, ...named }: ConfigReport): string[][] {
  const row = (name: 'profile' | 'store' | 'schemas' | 'registry' | 'templates' | 'color') => {
    const setting = named[name]
    return setting === undefined ? [] : [[name, setting.value, setting.from]]
  }
  return [
    ...row('profile'),
    ...rowsOfBus(bus),
    ...(maxBatchBytes === undefined ? [] : [['max-batch-bytes', `${maxBatchBytes.value}`, maxBatchBytes.from]]),
    ...(guard === undefined ? [] : [['guard', guard.kind, `${guard.file} (profile ${guard.profile})`]]),
    ...row('store'),
    ...row('schemas'),
    ...row('registry'),
    ...row('templates'),
    ...row('color'),
    ...topics.map((topic) => [`topic:${topic.topic}`, formatTopicSettings(topic), topic.from]),
    ...services.map((service) => [`service:${service.service}`, formatService(service), service.from]),
  ]
}

function formatTopicSettings({ topic: _, from: __, partitionCount, retention, ...settings }: TopicReport): string {
  const parts = { partitions: partitionCount, ...settings, retention: retention && formatDuration(retention) }
  return Object.entries(parts)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .join(',')
}

/** Formats a service in one cell: `group=checkout-saga consumes=order-events:OrderPlaced publishes=payment-commands:CompletePayment`. */
function formatService({ group, consumes, publishes }: ServiceReport): string {
  const listed = (topics: readonly TypesOfTopic[]) => topics.map(({ topic, types }) => `${topic}:${types.join('+')}`)
  const parts = { group: group === undefined ? [] : [group], consumes: listed(consumes), publishes: listed(publishes) }
  return Object.entries(parts)
    .flatMap(([name, values]) => (values.length === 0 ? [] : [`${name}=${values.join(',')}`]))
    .join(' ')
}
