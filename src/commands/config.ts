import { BaseCommand } from '../cli/base/base-command.ts'
import { readFlags } from '../cli/base/flags.ts'
import type { BusAddress } from '../cli/config/bus-address.ts'
import type { Config, Setting } from '../cli/config/config.ts'
import type { TopicSettings } from '../cli/config/config-file.ts'
import type { Guard } from '../cli/config/guard.ts'
import { shownStore } from '../cli/config/store-address.ts'
import { formatDuration } from '../ui/text/format-duration.ts'
import { formatTable } from '../ui/text/table.ts'

/** What is in force, without secrets; what nobody has set is absent. */
interface ConfigReport {
  readonly files: readonly string[]
  readonly profiles: readonly string[]
  readonly profile: Setting<string> | undefined
  readonly bus: BusAddress & { readonly from: string }
  readonly maxBatchBytes: Setting<number> | undefined
  readonly guard: Guard | undefined
  readonly store: Setting<string> & { readonly kind: string }
  readonly schemas: Setting<string> | undefined
  readonly templates: Setting<string> | undefined
  readonly topics: ReadonlyMap<string, TopicSettings & { readonly from: string }>
}

export default class ConfigCommand extends BaseCommand {
  static override summary = 'show which bus, profile, schemas and the like are in force, and who says so'
  static override description = [
    'Flags go before the environment, that before crbus.json (in this folder or the nearest one above), that before ~/.config/crbus/config.json. Connects to nothing; passwords are not shown.',
    '--brokers, --data-dir and what the environment names go before the bus of a profile, except that --profile goes before the environment. The guards of the profile hold all the same, and so do those of a profile whose bus it is.',
  ].join('\n\n')
  static override examples = ['<%= config.bin %> config', '<%= config.bin %> config --profile prod --json']
  static override flags = { ...readFlags }

  async run(): Promise<ConfigReport> {
    const { flags } = await this.parse(ConfigCommand)
    const report = toReport(await this.configOf(flags))
    if (report.files.length === 0) await this.notice('there is no configuration file')
    await this.print(formatTable(['SETTING', 'VALUE', 'FROM'], rowsOf(report)))
    return report
  }
}

function toReport(config: Config): ConfigReport {
  const { files, profiles, profile, bus, maxBatchBytes, guard, store, schemas, templates, topics } = config
  return {
    files,
    profiles: [...profiles.keys()],
    profile,
    bus: { ...bus.value, from: bus.from },
    maxBatchBytes,
    guard,
    store: { kind: store.value.kind, value: shownStore(store.value), from: store.from },
    schemas: schemas && { value: schemas.value, from: schemas.from },
    templates,
    topics: new Map([...topics].map(([topic, { value, from }]) => [topic, { ...value, from }])),
  }
}

function rowsOf({ profile, bus, maxBatchBytes, guard, store, schemas, templates, topics }: ConfigReport): string[][] {
  const named = { profile, store, schemas, templates }
  const row = (name: keyof typeof named) => {
    const setting = named[name]
    return setting === undefined ? [] : [[name, setting.value, setting.from]]
  }
  return [
    ...row('profile'),
    bus.kind === 'kafka' ? ['brokers', bus.brokers, bus.from] : ['data-dir', bus.folder, bus.from],
    ...(maxBatchBytes === undefined ? [] : [['max-batch-bytes', `${maxBatchBytes.value}`, maxBatchBytes.from]]),
    ...(guard === undefined ? [] : [['guard', guard.kind, `${guard.file} (profile ${guard.profile})`]]),
    ...row('store'),
    ...row('schemas'),
    ...row('templates'),
    ...[...topics].map(([topic, { from, ...settings }]) => [`topic:${topic}`, formatTopicSettings(settings), from]),
  ]
}

function formatTopicSettings(settings: TopicSettings): string {
  const { retention } = settings
  const parts = { ...settings, retention: retention && formatDuration(retention) }
  return Object.entries(parts)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .join(',')
}
