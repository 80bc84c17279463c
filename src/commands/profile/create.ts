import { Args, Flags } from '@oclif/core'
import { ChangeCommand } from '../../cli/base/change-command.ts'
import { changeFlags } from '../../cli/base/flags.ts'
import { colorChoices } from '../../cli/config/color.ts'
import { resolveSecurity } from '../../cli/config/security/resolve-security.ts'
import type { Sourced } from '../../cli/config/security/settings.ts'
import type { WrittenProfile } from '../../cli/profiles/written-profile.ts'

export default class ProfileCreate extends ChangeCommand {
  static override summary = 'Add a profile to your own file'
  static override document = 'profile/change'
  static override description =
    'Writes to ~/.config/crbus/config.json, and asks before it replaces a profile. Secrets stay where they are: the profile names a variable (env:NAME), a file (file:PATH), a program that prints the secret (cmd:…) or an entry of the keyring (keyring:SERVICE/ACCOUNT).'
  static override examples = [
    '<%= config.bin %> profile create prod -b kafka-1:9093 --tls -X sasl.mechanism=SCRAM-SHA-256 -X sasl.username=alice -X sasl.password=env:PROD_PASSWORD --protected',
    '<%= config.bin %> profile create local --data-dir .crbus',
  ]
  static override args = {
    name: Args.string({ description: 'Name of the profile', required: true, ignoreStdin: true }),
  }
  static override flags = {
    'dry-run': changeFlags['dry-run'],
    yes: changeFlags.yes,
    brokers: Flags.string({
      char: 'b',
      description: 'Kafka or Redpanda brokers, separated by commas',
      helpValue: 'HOST:PORT',
    }),
    'data-dir': Flags.string({
      description: 'Folder of an embedded bus',
      helpValue: 'FOLDER',
      exclusive: ['brokers', 'tls', 'option', 'cluster-id', 'pin-cluster'],
    }),
    tls: Flags.boolean({ description: 'Connect to the brokers with TLS', allowNo: true }),
    option: Flags.string({
      char: 'X',
      description:
        'Connection setting with the name that librdkafka has for it, such as sasl.username=alice; repeatable',
      helpValue: 'NAME=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    store: Flags.string({
      description: 'Event store: env:NAME, postgres://… or the path of a file',
      helpValue: 'LOCATION',
    }),
    'max-batch-bytes': Flags.integer({
      description: 'Largest record batch to read from the brokers, in bytes after decompression',
      min: 1,
      helpValue: 'BYTES',
    }),
    schemas: Flags.string({
      description: 'Folder of schemas, or a schema file, that decodes the events of this bus',
      helpValue: 'PATH',
    }),
    registry: Flags.string({
      description: 'URL of a Schema Registry that decodes the values of this bus',
      helpValue: 'URL',
    }),
    'registry-username': Flags.string({
      description: 'User name for the schema registry, or where it is, such as env:NAME',
      helpValue: 'NAME',
    }),
    'registry-password': Flags.string({
      description: 'Where the password for the schema registry is, such as env:NAME',
      helpValue: 'SECRET',
    }),
    color: Flags.option({
      description: 'When to print colors: auto (on a terminal), always or never',
      options: colorChoices,
      helpValue: 'WHEN',
    })(),
    protected: Flags.boolean({ description: 'Ask for the name of what a command changes', exclusive: ['read-only'] }),
    'read-only': Flags.boolean({ description: 'Refuse all changes' }),
    'cluster-id': Flags.string({
      description: 'Id that the cluster must have; crbus refuses to use another one',
      helpValue: 'ID',
      exclusive: ['pin-cluster'],
    }),
    'pin-cluster': Flags.boolean({ description: 'Connect now, and store the id of the cluster as --cluster-id' }),
  }

  async run(): Promise<{ readonly profiles: readonly WrittenProfile[]; readonly applied: boolean }> {
    const { args, flags } = await this.parse(ProfileCreate)
    const [{ profileFromFlags }, { formatProfilePlan, planProfiles }, { writeUserFile }] = await Promise.all([
      import('../../cli/profiles/create-profile.ts'),
      import('../../cli/profiles/written-profile.ts'),
      import('../../cli/profiles/user-file.ts'),
    ])
    const { settings, ...given } = profileFromFlags(args.name, flags, this.context.cwd)
    const clusterId = flags['pin-cluster'] ? await this.#clusterId(given.brokers ?? '', settings) : given.clusterId
    const path = this.context.userFile
    const planned = planProfiles(path, new Map([[args.name, { ...given, clusterId }]]))
    const [profile] = planned.profiles
    return this.carryOut({
      plan: { profiles: planned.profiles },
      shown: formatProfilePlan(planned),
      name: args.name,
      question: profile?.change === 'replaced' ? `Replace the profile ${args.name}?` : undefined,
      isNothing: profile?.change === 'unchanged',
      apply: async () => {
        writeUserFile(path, planned.text)
        return {}
      },
      done: () => `wrote ${path}; use the profile with --profile ${args.name}, or: crbus profile use ${args.name}`,
    })
  }

  /** Connects with the settings of the profile and returns the id of the cluster. */
  async #clusterId(brokers: string, settings: Sourced): Promise<string> {
    const security = resolveSecurity([settings], brokers)
    const bus = await this.context.openBus({ kind: 'kafka', brokers, security })
    try {
      return (await bus.admin.describeCluster()).clusterId
    } finally {
      await bus.close()
    }
  }
}
