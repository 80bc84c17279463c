import { tmpdir } from 'node:os'
import { Args, Flags } from '@oclif/core'
import type { EventBus } from '../bus/event-bus.ts'
import { isEventTopic } from '../bus/names/names.ts'
import { ChangeCommand } from '../cli/base/change-command.ts'
import { changeFlags, readFlags, storeFlags, timeFlags } from '../cli/base/flags.ts'
import { anyOf, toDuration, toSince } from '../cli/base/parse-flags.ts'
import { formatOfTopic } from '../cli/config/topic-format.ts'
import { UsageError } from '../cli/errors.ts'
import { requireStore } from '../cli/existing-store.ts'
import { youngGenerationBound } from '../cli/process/young-generation.ts'
import { flag, run, shellWord } from '../cli/suggestions.ts'
import type { AuditResult } from '../operations/audit/audit.ts'
import { auditStore, repairStore } from '../operations/audit/audit-store.ts'
import { planRepair, type Repaired, type RepairRequest } from '../operations/audit/repair.ts'
import { type AuditCode, auditCodes } from '../operations/audit/report.ts'
import { type StreamsOfTopic, streamsOfTopic } from '../operations/audit/streams-of-topics.ts'
import { chooseTopics } from '../operations/tail/choose-topics.ts'
import { auditDocument, repairDocument, repairedDocument } from '../ui/audit/audit-document.ts'
import { formatAudit, formatRepair, repairQuestion } from '../ui/audit/format-audit.ts'
import { plural } from '../ui/text/listed.ts'
import { ScanProgress } from '../ui/trace/scan-progress.ts'

/** How long a service may take to publish what it has stored. A relay publishes within a second. */
const DEFAULT_GRACE = '10s'

export default class Audit extends ChangeCommand {
  static override summary = 'Compare the event store with the bus'
  static override document = 'audit'
  static override description = [
    'Compares the events of streams with the records of topics: events that were stored and never published, published and never stored, published twice, published in another order than stored, or published with other content. The topic order-events has the events of the streams order-… (--streams names others); what a saga has stored is left out. Messages that wait in the outbox are counted, and are not missing.',
    'An event is found by its message id, which is computed from event type, version, data and metadata, so the tables of Rust services work too. Where the oldest events of a topic are deleted, only the time since then is compared. Memory does not grow with the number of events; temporary files of about 100 bytes for each event are kept in the folder of TMPDIR.',
    '--repair plans, asks, and then publishes what was never published, in the order in which it was stored. Each record has a header crbus-republished, which names stream and version. An interrupted repair continues when the command is run again.',
    'The exit code is 0 if both sides agree, and 10 if there is a finding, unless --ignore names it.',
  ].join('\n\n')
  static override strict = false
  static override picked = ['topic']
  static override usage = 'audit TOPIC...'
  static override args = {
    topic: Args.string({ description: 'Topics to compare; * and ? are wildcards', ignoreStdin: true }),
  }
  static override examples = [
    '<%= config.bin %> audit order-events payment-events',
    "<%= config.bin %> audit '*-events' --since 2h --ignore published-twice",
    '<%= config.bin %> audit order-events --repair --dry-run',
  ]
  static override flags = {
    ...readFlags,
    store: storeFlags.store,
    ...changeFlags,
    ...timeFlags,
    since: Flags.string({
      description: 'Compare only events stored since then: 2h, @-1h, @2026-11-23T10:00:00Z',
      helpValue: 'TIME',
    }),
    streams: Flags.string({
      description: 'Prefix of the ids of the streams (default: the name of the topic without "-events", and "-")',
      helpValue: 'PREFIX',
    }),
    grace: Flags.string({
      description: `How long a service may take to publish what it has stored (default: ${DEFAULT_GRACE})`,
      helpValue: 'DURATION',
    }),
    ignore: Flags.string({
      description: `Do not exit with 10 for this finding: ${anyOf(auditCodes)}; repeatable`,
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'FINDING',
    }),
    repair: Flags.boolean({ description: 'Publish the events that were never published, after a plan and a question' }),
  }

  async run() {
    const { argv, flags } = await this.parse(Audit)
    const ignored = toIgnored(flags.ignore)
    const since = toSince(flags.since, this.context.now())
    const grace = toDuration('--grace', flags.grace ?? DEFAULT_GRACE) ?? 0
    await using setup = await requireStore(await this.configuration(), this.context)
    const bus = await this.openBus({ planOnly: !flags.repair || flags['dry-run'] })
    const topics = await this.#topics(bus, argv as string[], flags.streams)
    const { now } = this.context
    const boundMemory = youngGenerationBound()
    const progress = new ScanProgress(this.context.io, this.signal)
    const onProgress = ({ events }: { readonly events: number }) => {
      boundMemory()
      progress.update(events)
    }
    const request = { topics, since, grace, now, folder: tmpdir(), signal: this.signal, onProgress }
    const result = await auditStore(bus, setup, request).finally(() => progress.end())
    const { report } = result
    const style = { timeZone: this.timeZone, color: this.context.io.color, width: this.tableWidth, ignored }
    await this.print(formatAudit(report, style))
    const isFound = report.findings.some(({ code }) => !ignored.has(code))
    if (!flags.repair) {
      if (isFound) this.foundSomething()
      return auditDocument(report)
    }
    this.partial = auditDocument(report)
    return await this.#repair(bus, {
      ...{ result, topics, ignored },
      // `await`, because `setup` is closed when the function returns.
      apply: async (form) => await repairStore(bus, setup, result, form),
    })
  }

  /** Resolves the topics and finds their streams. */
  async #topics(bus: EventBus, names: readonly string[], prefix: string | undefined): Promise<StreamsOfTopic[]> {
    const { topics } = await chooseTopics(bus, {
      topics: names,
      follow: false,
      signal: this.signal,
      onNotice: () => {},
    })
    const [first, ...more] = topics
    if (prefix !== undefined && more.length > 0) {
      throw new UsageError(
        `--streams names the streams of one topic, but ${plural(topics.length, 'topic')} were given`,
        [run(`crbus audit ${shellWord(first ?? 'order-events')} --streams ${shellWord(prefix)}`)],
      )
    }
    const known = (await bus.admin.listTopics()).map(({ topic }) => topic).filter(isEventTopic)
    return topics.map((topic) => streamsOfTopic(topic, known, prefix))
  }

  /** Plans a repair, asks and applies it. */
  async #repair(
    bus: EventBus,
    found: {
      readonly result: AuditResult
      readonly topics: readonly StreamsOfTopic[]
      readonly ignored: ReadonlySet<AuditCode>
      readonly apply: (request: RepairRequest) => Promise<Repaired>
    },
  ) {
    const { result, topics, ignored, apply } = found
    const { report } = result
    const plan = await planRepair(bus, result)
    const config = await this.configuration()
    const prefixOf = new Map(topics.map(({ topic, prefix }) => [topic, prefix]))
    const remaining = report.findings.filter(({ code }) => code !== 'never-published' && !ignored.has(code))
    const done = await this.carryOut({
      plan: { ...auditDocument(report), repair: repairDocument(plan) },
      name: plan.steps.map(({ topic }) => topic).join(','),
      shown: `\n${formatRepair(plan, this.timeZone, this.tableWidth)}`,
      isNothing: plan.eventCount === 0,
      question: repairQuestion(plan),
      apply: async () =>
        repairedDocument(
          await apply({
            formOf: (topic) => {
              const format = formatOfTopic(config, topic)
              return { envelope: format?.envelope ?? 'bincode', isKeyedById: format?.keyField !== undefined }
            },
            idOf: ({ topic, streamId }) => streamId.slice(prefixOf.get(topic)?.length ?? 0),
            signal: this.signal,
          }),
        ),
      done: ({ publishedCount, skippedCount }) =>
        `published ${plural(publishedCount, 'event')}${skippedCount === 0 ? '' : `; ${skippedCount} were published meanwhile`}`,
    })
    const isLeft = !done.applied && plan.eventCount > 0 && !ignored.has('never-published')
    if (isLeft || remaining.length > 0) this.foundSomething()
    return done
  }
}

function toIgnored(given: readonly string[] = []): Set<AuditCode> {
  const codes = new Set<AuditCode>()
  for (const name of given) {
    const code = auditCodes.find((known) => known === name)
    if (code === undefined) {
      throw new UsageError(`--ignore ${name} is not a finding of an audit; the findings are ${auditCodes.join(', ')}`, [
        flag('--ignore published-twice'),
      ])
    }
    codes.add(code)
  }
  return codes
}
