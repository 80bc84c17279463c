import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { kafkaToolCommand } from '../../support/kafka.ts'
import { type Contender, compare, type Outcome, timeCommand, timePipeline } from '../measure.ts'
import { peersHere } from '../peers.ts'
import { against, formatTime, type Line, ratioAtMost, timeRatio } from '../report.ts'
import { crbus, type Row, type Setting } from '../setting.ts'

const ROUNDS = 5
const PARTITIONS = 500
const MANY_GROUPS = 1000
const MANY_PARTITIONS = 100
/** The ratio of times that is aimed at, by who is beside. */
const RATIOS: Readonly<Record<string, number>> = { rpk: 1.5, 'kafka-consumer-groups': 0.2 }
const MANY_SECONDS = 5
const MANY_MB = 300
const RESET_SECONDS = 1

export const lagging: Row = {
  name: 'lag',
  note: `one group on ${PARTITIONS} partitions, an event waiting on each, from spawn to exit: crbus reads the age of every first event, the others tell offsets only. Then ${MANY_GROUPS} groups on ${MANY_PARTITIONS} partitions, each group at an offset of its own, so that ${MANY_GROUPS * MANY_PARTITIONS} first events are read; piped into wc -l. The ratio is of times: lower is better.`,

  async run(setting) {
    return [...(await lagOfOne(setting)), ...(await lagOfMany(setting))]
  },
}

async function lagOfOne(setting: Setting): Promise<readonly Line[]> {
  const { brokers } = await setting.bus()
  const topic = await filledTopic(setting, PARTITIONS, 1)
  const group = `bench-${randomUUID()}`
  await commit(setting, group, topic, PARTITIONS, 0n)
  const starting = (name: string, command: readonly string[]): Contender => ({
    name,
    run: () => timeCommand(command, topic),
  })
  const kafka = await kafkaToolCommand('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
    ...['--bootstrap-server', brokers, '--describe', '--group', group],
  ])
  const [own, ...others] = await compare(
    [
      starting('crbus', crbus('lag', '--group', group, '-b', brokers)),
      starting('kafka-consumer-groups', kafka),
      ...peersHere.flatMap(({ name, describeGroup }) =>
        describeGroup === undefined ? [] : starting(name, describeGroup({ brokers, group })),
      ),
    ],
    { rounds: ROUNDS, expected: 1 },
  )
  return against(`lag of ${PARTITIONS} partitions`, own, others, {
    show: formatTime,
    ratio: timeRatio,
    target(ratio, peer) {
      const bound = RATIOS[peer]
      return bound === undefined ? undefined : ratioAtMost(bound, ratio)
    },
  })
}

async function lagOfMany(setting: Setting): Promise<readonly Line[]> {
  const { brokers } = await setting.bus()
  const topic = await filledTopic(setting, MANY_PARTITIONS, MANY_GROUPS)
  const prefix = `bench-many-${randomUUID()}`
  for (let at = 0; at < MANY_GROUPS; at += 1)
    await commit(setting, `${prefix}-${at}`, topic, MANY_PARTITIONS, BigInt(at))
  const chosen = ['--group', `${prefix}-*`, '-b', brokers]
  const places = MANY_GROUPS * MANY_PARTITIONS
  const piped = async (name: string, command: readonly string[], expected: number) => {
    const contender = { name, run: () => timePipeline(command, { into: '| wc -l' }) }
    const [outcome] = await compare([contender], { rounds: ROUNDS, expected })
    return linesOf(`${name}, ${MANY_GROUPS} groups on ${MANY_PARTITIONS} partitions`, outcome)
  }
  // Two tables of groups and topics and one of partitions, each with a head, and a blank line before the next.
  const table = 2 * (MANY_GROUPS + 2) + places + 1
  // Fifteen metrics, each with two lines of head: three of crbus, two of groups (one with ten verdicts), four of their partitions,
  // three of the topic and three of its partitions.
  const metrics = 15 * 2 + 3 + 11 * MANY_GROUPS + 4 * places + 3 + 3 * MANY_PARTITIONS
  return [
    ...(await piped('lag', crbus('lag', ...chosen), table)),
    ...(await piped('lag --json', crbus('lag', '--json', ...chosen), 1)),
    ...(await piped('metrics', crbus('metrics', ...chosen, '--topic', topic), metrics)),
  ]
}

function linesOf(name: string, outcome: Outcome): readonly Line[] {
  const { seconds, peakMb } = outcome
  const time = { says: `< ${MANY_SECONDS} s`, isMet: seconds < MANY_SECONDS }
  const line = { name, peer: '', crbus: formatTime(outcome), target: time }
  if (peakMb === undefined) return [line]
  const memory = { says: `< ${MANY_MB} MB`, isMet: peakMb < MANY_MB }
  return [line, { name: `${name}, memory`, peer: '', crbus: `${peakMb.toFixed(0)} MB`, target: memory }]
}

export const resetting: Row = {
  name: 'reset',
  note: `a stopped group on ${PARTITIONS} partitions to their starts and to their ends by turns, from spawn to exit: the plan with its sample of events, the undo file, the commit, and reading every offset back.`,

  async run(setting) {
    const { brokers } = await setting.bus()
    const topic = await filledTopic(setting, PARTITIONS, 2)
    const group = `bench-${randomUUID()}`
    await commit(setting, group, topic, PARTITIONS, 2n)
    let isAtStart = false
    const moving: Contender = {
      name: 'crbus',
      async run() {
        const to = isAtStart ? 'end' : 'start'
        isAtStart = !isAtStart
        const command = crbus('reset', '--group', group, '--all-topics', '--to', to, '--yes', '-b', brokers)
        const sample = await timeCommand(['env', `XDG_STATE_HOME=${join(setting.folder, 'state')}`, ...command], topic)
        return { ...sample, count: await movedTo(setting, group, isAtStart ? 0n : 2n) }
      },
    }
    const [own] = await compare([moving], { rounds: ROUNDS, expected: PARTITIONS })
    const target = { says: `< ${RESET_SECONDS} s`, isMet: own.seconds < RESET_SECONDS }
    return [{ name: `reset of ${PARTITIONS} partitions`, peer: '', crbus: formatTime(own), target }]
  },
}

async function movedTo(setting: Setting, group: string, wanted: bigint): Promise<number> {
  const { admin } = await setting.bus()
  return (await admin.committedOffsets(group)).filter(({ offset }) => offset === wanted).length
}

/** A topic with so many records on each partition. */
async function filledTopic(setting: Setting, partitions: number, records: number): Promise<string> {
  const { admin, log } = await setting.bus()
  const topic = `bench-${randomUUID()}`
  await admin.createTopic(topic, { partitions })
  const value = Buffer.from('an event')
  for (let record = 0; record < records; record += 1) {
    await log.append(
      topic,
      Array.from({ length: partitions }, (_, partition) => ({ key: null, value, partition })),
    )
  }
  return topic
}

async function commit(setting: Setting, group: string, topic: string, partitions: number, offset: bigint) {
  const { admin } = await setting.bus()
  await admin.commitOffsets(
    group,
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset })),
  )
}
