import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base/base-command.ts'
import { defaultInDescription, readFlags, schemaFlag, tableFlags, timeFlags } from '../cli/base/flags.ts'
import { anyOf } from '../cli/base/parse-flags.ts'
import { suggestOnSameBus } from '../cli/same-bus.ts'
import { formatSuggestion, toSuggestion } from '../cli/suggestions.ts'
import { openSchemas } from '../operations/schemas/open.ts'
import { readTopology } from '../operations/topology/gather-facts.ts'
import { hintsOf } from '../operations/topology/hints.ts'
import { type Finding, findingCodes } from '../operations/topology/topology.ts'
import { write } from '../ui/text/io.ts'
import { noteText } from '../ui/topology/finding-text.ts'
import { formatTopology } from '../ui/topology/format-topology.ts'
import { formatTopologyMermaid } from '../ui/topology/mermaid.ts'
import { type TopologyDocument, topologyDocument } from '../ui/topology/topology-document.ts'
import { ScanProgress } from '../ui/trace/scan-progress.ts'

const formats = ['text', 'mermaid', 'html'] as const
/** The number of newest records of each topic that are read by default. */
const DEFAULT_NUMBER = 10_000

const FINDINGS = `Findings:
  topic-missing     a declared topic is not on the bus
  topic-undeclared  a topic is on the bus, and no declaration names it
  type-unconsumed   an event type is published and nothing consumes it
  type-unpublished  a service consumes a type that nothing publishes
  consumer-missing  the group of a declared service does not read a topic
  group-idle        a group that has read a topic has no members
  schema-drift      a type is not in the schema of its topic, or payloads
                    cannot be decoded by it`

export default class TopologyCommand extends BaseCommand {
  static override summary = 'Show which services publish and consume which event types'
  static override document = 'topology'
  static override description = [
    'Reads the newest records of each topic, the consumer groups, and what crbus.json and the schemas declare. Where events name the message that caused them (causation id), the command shows which topics lead to which, and how long that takes. The services that crbus.json declares under "services" make the answer exact: a group that no service declares is taken to consume every type of a topic that it reads. The command only reads, and joins no group.',
    FINDINGS,
    'The exit code is 0; with --check, it is 10 if there are findings.',
  ].join('\n\n')
  static override strict = false
  static override usage = 'topology [TOPIC]...'
  static override examples = [
    '<%= config.bin %> topology',
    "<%= config.bin %> topology 'order-*' -n 1000",
    '<%= config.bin %> topology --check --ignore group-idle',
    '<%= config.bin %> topology -o mermaid > topology.mmd',
    '<%= config.bin %> topology -o html > topology.html',
    '<%= config.bin %> topology --json > topology.json',
  ]
  static override args = {
    topic: Args.string({ description: 'Only these topics; * and ? are wildcards', ignoreStdin: true }),
  }
  static override flags = {
    ...readFlags,
    ...timeFlags,
    ...tableFlags,
    number: Flags.integer({
      char: 'n',
      description: `Number of newest records of each topic to read (default: ${DEFAULT_NUMBER})`,
      default: DEFAULT_NUMBER,
      ...defaultInDescription,
      min: 0,
      helpValue: 'NUMBER',
    }),
    check: Flags.boolean({ description: 'End with exit code 10 if there are findings' }),
    ignore: Flags.option({ options: findingCodes, multiple: true, multipleNonGreedy: true })({
      description: 'Leave out findings with this code; repeatable',
      helpValue: 'CODE',
    }),
    output: Flags.option({ options: formats })({
      char: 'o',
      description: `Output format: ${anyOf(formats)} (default: text)`,
      default: 'text',
      ...defaultInDescription,
      helpValue: 'FORMAT',
    }),
    schema: schemaFlag,
  }

  async run(): Promise<TopologyDocument> {
    const { argv, flags } = await this.parse(TopologyCommand)
    const { topics, services } = await this.configuration()
    const schemas = await openSchemas(await this.schemaLocation(), flags.schema)
    const bus = await this.openBus()
    const progress = new ScanProgress(this.context.io, this.signal)
    const all = await readTopology(bus, {
      topics: argv as string[],
      number: flags.number,
      declarations: {
        topics: new Set(topics.keys()),
        services: new Map([...services].map(([name, { value }]) => [name, value])),
        schemas: schemas?.typesByTopic ?? new Map(),
      },
      schemas,
      now: this.context.now,
      signal: this.signal,
      onProgress: (read, total) => progress.update(read, total),
    }).finally(() => progress.end())
    const topology = { ...all, findings: all.findings.filter(({ code }) => !flags.ignore?.includes(code)) }
    const suggest = (finding: Finding) => hintsOf(finding).map((one) => suggestOnSameBus(toSuggestion(one), this.given))
    if (topology.topics.length === 0 && this.busExists) {
      await this.notice(await this.whyEmpty(bus, 'topic', 'no topics yet; "crbus topics create" creates one'))
    }
    const document = topologyDocument(topology, suggest)
    if (flags.output === 'html') await this.#printPage(document)
    else if (flags.output === 'mermaid') await this.print(formatTopologyMermaid(topology))
    else {
      const { color } = this.context.io
      const style = { color, timeZone: this.timeZone, columns: this.tableWidth }
      await this.print(formatTopology(topology, { ...style, suggest, suggestionText: formatSuggestion }))
    }
    for (const note of topology.notes) await this.notice(`note: ${noteText(note)}`)
    if (flags.check && topology.findings.length > 0) this.foundSomething()
    return document
  }

  async #printPage(document: TopologyDocument): Promise<void> {
    if (this.isJson) return
    const { io, stop, now } = this.context
    const { topologyPage } = await import('../ui/page/topology-page.ts')
    const { formatBus } = await import('../ui/profiles/format-bus.ts')
    const named = await this.namedBus()
    const page = topologyPage(document, { now: now(), bus: named && formatBus(named, false) })
    // As bytes, because `write` escapes control characters in text for a terminal, and the page escapes its own.
    await write(io.stdout, Buffer.from(page), stop.readerLeft)
  }
}
