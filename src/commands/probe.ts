import { randomUUID } from 'node:crypto'
import { Args, Flags } from '@oclif/core'
import type { EventBus } from '../bus/event-bus.ts'
import { ChangeCommand } from '../cli/base/change-command.ts'
import { toFormat } from '../cli/base/event-flags.ts'
import { busFlags, changeFlags, defaultInDescription, storeFlags } from '../cli/base/flags.ts'
import { toDelay, toDuration } from '../cli/base/parse-flags.ts'
import { publishFlags } from '../cli/base/publish-flags.ts'
import { formatOfTopic } from '../cli/config/topic-format.ts'
import { UsageError } from '../cli/errors.ts'
import { openStoreToRead } from '../cli/existing-store.ts'
import { flag, run } from '../cli/suggestions.ts'
import { makeCases, type ProbeEvents } from '../operations/probe/make-cases.ts'
import { planProbe } from '../operations/probe/plan-probe.ts'
import type { ExpectedEffect, ProbePlan, ProbeResult } from '../operations/probe/probe.ts'
import { runProbe } from '../operations/probe/run-probe.ts'
import { openSchemas } from '../operations/schemas/open.ts'
import {
  formatProbe,
  formatProbePlan,
  probePlanDocument,
  probeQuestion,
  probeResultDocument,
} from '../ui/probe/format-probe.ts'
import { plural } from '../ui/text/listed.ts'

const DEFAULT_BURST = 50
const MAX_BURST = 10_000

const SCENARIOS = `Scenarios:
  once          an event
  twice         the same event twice
  late          an event with an old timestamp (--late)
  in-order      with --then, an event and then a second one
  out-of-order  with --then, the second event before the first
  burst         many events at once (--burst)`

export default class Probe extends ChangeCommand {
  static override summary = 'Test whether a running consumer handles events exactly once, late and in any order'
  static override document = 'probe'
  static override description = [
    'Publishes events in several ways, waits for the messages that they cause, and says whether the consumer converged: each event must have the same effects as an event that is published once, also if it comes twice, late, or in a burst. Running services handle the events, so the command shows a plan and asks first. Each event has a correlation id that begins with crbus-probe- and the header crbus-probe.',
    SCENARIOS,
    'Effects are messages on the topics of --expect with the correlation id of the event, or with its message id as causation id, and the events of the event store if one is configured (--store). Dead letters that are not expected are a problem.',
    'In --data, --then and --key, {{i}} (the number of the case) and {{uuid}} have one value for all events of a case: use them for ids, so that the cases are about different entities.',
    'The second events of scenarios are published with the burst, after the first events were handled: when the groups have committed them and no effect has come for two seconds, or when nothing has happened for --settle. The same ends the probe. The exit code is 10 if the consumer did not converge.',
  ].join('\n\n')
  static override examples = [
    `<%= config.bin %> probe order-events --type OrderPlaced.v1 --data '{"order_id":"o-{{uuid}}"}' --expect payment-commands:Pay.v1`,
    `<%= config.bin %> probe order-events --type OrderPlaced.v1 --data '{"order_id":"o-{{uuid}}"}' --then '{"order_id":"o-{{uuid}}"}' --then-type OrderCancelled.v1 --expect payment-commands --group checkout-saga --dry-run`,
  ]
  static override args = {
    topic: Args.string({ description: 'Topic that the consumer reads', required: true, ignoreStdin: true }),
  }
  static override flags = {
    ...busFlags,
    ...changeFlags,
    store: { ...storeFlags.store, helpGroup: 'BUS' },
    type: Flags.string({
      description: 'Event type, such as OrderPlaced.v1',
      helpGroup: 'EVENT',
      helpValue: 'EVENT_TYPE',
      required: true,
    }),
    data: Flags.string({
      char: 'd',
      description: 'Data of the event, with placeholders as in "publish"',
      helpGroup: 'EVENT',
      helpValue: 'JSON',
      required: true,
    }),
    'then-type': Flags.string({
      description: 'Event type of --then (default: that of --type)',
      helpGroup: 'EVENT',
      helpValue: 'EVENT_TYPE',
      dependsOn: ['then'],
    }),
    // biome-ignore lint/suspicious/noThenProperty: the property is not a function, so that the object can be awaited
    then: Flags.string({
      description: 'Data of a second event about the same entity, to test the order',
      helpGroup: 'EVENT',
      helpValue: 'JSON',
    }),
    key: publishFlags.key,
    codec: publishFlags.codec,
    envelope: publishFlags.envelope,
    schema: publishFlags.schema,
    expect: Flags.string({
      description: 'Topic of the effects, and their event type; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      required: true,
      helpValue: 'TOPIC[:TYPE]',
    }),
    group: Flags.string({
      char: 'g',
      description: 'Consumer group that must read the events (default: every group with members that reads the topic)',
      helpValue: 'GROUP',
    }),
    burst: Flags.integer({
      description: `Number of events of the burst; 0 for none (default: ${DEFAULT_BURST})`,
      default: DEFAULT_BURST,
      ...defaultInDescription,
      min: 0,
      max: MAX_BURST,
      helpValue: 'NUMBER',
    }),
    late: Flags.string({
      description: 'Age of the late event (default: 24h)',
      default: '24h',
      ...defaultInDescription,
      helpValue: 'DURATION',
    }),
    settle: Flags.string({
      description: 'Time without any effect or commit after which the probe ends (default: 10s)',
      default: '10s',
      ...defaultInDescription,
      helpValue: 'DURATION',
    }),
  }

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Probe)
    const { topic } = args
    const settle = toDelay('--settle', flags.settle) ?? 0
    const late = toDuration('--late', flags.late, '24h') ?? 0
    const expected = flags.expect.map(toExpected)
    const { now } = this.context
    if (late > now()) throw new UsageError(`--late ${flags.late} is before 1970`, [flag('--late 24h')])
    const schemas = await openSchemas(await this.schemaLocation(), flags.schema)
    const format = toFormat(flags, formatOfTopic(await this.configuration(), topic))
    const events: ProbeEvents = {
      type: flags.type,
      data: flags.data,
      ...(flags.then !== undefined && {
        second: { type: flags['then-type'] ?? flags.type, data: flags.then },
      }),
      key: flags.key,
    }
    const id = `crbus-probe-${randomUUID().slice(0, 8)}`
    const made = makeCases({
      ...{ run: id, events, burst: flags.burst, late, now },
      settings: { topic, schemas, ...format },
    })
    if (!made.ok) throw new UsageError(`--${made.flag}: ${made.reason}`, [run('crbus publish --help')])
    const bus = await this.openBus()
    const { group } = flags
    const plan = await planProbe(bus, {
      run: id,
      topic,
      cases: made.cases,
      expected,
      group,
      settle,
      signal: this.signal,
    })
    if (![flags.data, flags.then, flags.key].some((text) => /\{\{\s*(i|uuid)\s*\}\}/.test(text ?? ''))) {
      await this.notice('note: --data has neither {{i}} nor {{uuid}}, so all events are about the same entity')
    }
    const document = await this.carryOut({
      plan: probePlanDocument(plan),
      name: topic,
      shown: formatProbePlan(plan, this.tableWidth),
      isNothing: false,
      question: probeQuestion(plan),
      apply: async () => {
        const result = await this.#run(bus, plan)
        // The result of a probe that was interrupted means nothing.
        this.signal.throwIfAborted()
        await this.print(formatProbe(result, this.context.io.color, this.tableWidth))
        return probeResultDocument(result)
      },
      done: ({ converged, results }) =>
        converged
          ? `the consumer converged in ${plural(results.length, 'scenario')}`
          : `the consumer did not converge in ${results.filter((one) => !one.converged).length} of ${plural(results.length, 'scenario')}`,
    })
    if (document.applied && document.converged === false) this.foundSomething()
    return document
  }

  /** Runs a plan, with the event store if there is one. */
  async #run(bus: EventBus, plan: ProbePlan): Promise<ProbeResult> {
    await using opened = await openStoreToRead(await this.configuration(), this.context)
    const { store, unread } = opened
    if (unread !== undefined) await this.notice(`the event store was not read: ${unread}`)
    // The store is closed when this method returns.
    return await runProbe(bus, plan, {
      store,
      now: this.context.now,
      signal: this.signal,
      onPhase: ({ scenarios, published }) =>
        void this.notice(`published ${plural(published, 'event')} (${scenarios.join(', ')}), waiting for effects`),
    })
  }
}

/** Parses `TOPIC` or `TOPIC:TYPE`. Names of topics have no colon; event types may. */
function toExpected(text: string): ExpectedEffect {
  const end = text.indexOf(':')
  if (end === -1 && text !== '') return { topic: text }
  const [topic, eventType] = [text.slice(0, end), text.slice(end + 1)]
  if (topic !== '' && eventType !== '') return { topic, eventType }
  throw new UsageError(`--expect ${text} is neither TOPIC nor TOPIC:TYPE`, [flag('--expect payment-commands:Pay.v1')])
}
