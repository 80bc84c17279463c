import { join } from 'node:path'
import { applySchemaImport, planSchemaImport } from '../../../src/operations/schemas/import.ts'
import { type Contender, compare, type Pipeline, timePipeline } from '../measure.ts'
import { type Peer, peersHere } from '../peers.ts'
import { against, formatRate, ratioAtLeast, ratioAtMost, speedRatio, timeRatio } from '../report.ts'
import { crbus, type Row, type Setting } from '../setting.ts'

const ROUNDS = 3
const NDJSON_RATIO = 1.5
const NDJSON_MB = 250

export const readNdjson: Row = {
  name: 'read-ndjson',
  note: 'every record to a line of JSON, piped into wc -l. crbus decodes the envelope and merges the partitions by time; the others print the value as text, partitions as they come. kcat ends with half a second of waiting for more.',

  async run(setting) {
    const { records } = setting
    const reading = { output: 'json', of: 'ndjson', into: '| wc -l', expected: records } as const
    const [own, ...others] = await read(setting, reading)
    const lines = against('read to NDJSON', own, others, {
      show: (outcome) => formatRate(records, outcome),
      ratio: speedRatio,
      target: (ratio, peer) => (peer === 'kcat' ? ratioAtLeast(NDJSON_RATIO, ratio) : undefined),
    })
    const { peakMb } = own
    if (peakMb === undefined) return lines
    const target = { says: `< ${NDJSON_MB} MB`, isMet: peakMb < NDJSON_MB }
    return [...lines, { name: 'read to NDJSON, memory', peer: '', crbus: `${peakMb.toFixed(0)} MB`, target }]
  },
}

export const readRaw: Row = {
  name: 'read-raw',
  note: 'values, each with a newline, piped into wc -c. crbus merges the partitions by time. kcat ends with half a second of waiting for more.',

  async run(setting) {
    const { records } = setting
    // A value stands behind four bytes of length, and is printed before one of newline.
    const expected = setting.envelopes().length - 3 * records
    const [own, ...others] = await read(setting, { output: 'raw', of: 'raw', into: '| wc -c', expected })
    return against('read raw', own, others, { show: (outcome) => formatRate(records, outcome), ratio: speedRatio })
  },
}

const DECODED_RATIO = 1.3

export const readDecoded: Row = {
  name: 'read-decoded',
  note: 'as read-ndjson, and crbus decodes the payloads too, by the schema it imports from the Rust crate that made them. The others decode nothing.',

  async run(setting) {
    const { records } = setting
    const schema = importSchema(setting)
    const reading = { output: 'json', of: 'ndjson', into: '| wc -l', expected: records, schema } as const
    const [own, ...others] = await read(setting, reading)
    return against('read decoded', own, others, {
      show: (outcome) => formatRate(records, outcome),
      ratio: speedRatio,
      target: (ratio, peer) => (peer === 'kcat' ? ratioAtLeast(DECODED_RATIO, ratio) : undefined),
    })
  },
}

const WHERE_RATIO = 1.5

export const readWhere: Row = {
  name: 'read-where',
  note: 'as read-decoded, with --where on a field of a variant, which every event meets; compared with crbus itself without it.',

  async run(setting) {
    const { records } = setting
    const { brokers } = await setting.bus()
    const topic = await setting.topic()
    const plain = tailLine({ topic, brokers, output: 'json', schema: importSchema(setting) })
    const into = '| wc -l'
    const [own, without] = await compare(
      [
        { name: 'crbus', run: () => timePipeline([...plain, '--where', 'data.OrderPlaced.total > 0'], { into }) },
        { name: 'without --where', run: () => timePipeline(plain, { into }) },
      ],
      { rounds: ROUNDS, expected: records },
    )
    return against('read with --where', own, [without], {
      show: (outcome) => formatRate(records, outcome),
      ratio: timeRatio,
      target: (ratio) => ratioAtMost(WHERE_RATIO, ratio),
    })
  },
}

/** Imports the types of the Rust crate that made the records. Returns the schema file. */
function importSchema(setting: Setting): string {
  const schema = join(setting.folder, 'schema.json')
  const cwd = new URL('../../vectors', import.meta.url).pathname
  const plan = planSchemaImport({
    paths: ['.'],
    cwd,
    root: 'OrderAction',
    out: schema,
    answers: { map: new Map(), assume: new Map() },
  })
  if (!plan.ok) throw new Error('the vectors crate cannot be imported')
  applySchemaImport(plan, cwd)
  return schema
}

interface Reading extends Pipeline {
  readonly output: string
  readonly of: keyof Pick<Peer, 'ndjson' | 'raw'>
  readonly expected: number
  readonly schema?: string | undefined
}

interface TailLine extends Pick<Reading, 'output' | 'schema'> {
  readonly topic: string
  readonly brokers: string
}

/** The command line of crbus that reads a topic from its start to its end. */
const tailLine = ({ topic, brokers, output, schema }: TailLine): readonly string[] => [
  ...crbus('tail', topic, '-b', brokers, '--from', 'start', '-e', '-q', '-o', output),
  ...(schema ? ['--schema', schema] : []),
]

async function read(setting: Setting, { output, of, into, expected, schema }: Reading) {
  const { brokers } = await setting.bus()
  const topic = await setting.topic()
  const own = tailLine({ topic, brokers, output, schema })
  const reader = (name: string, command: readonly string[]): Contender => ({
    name,
    run: () => timePipeline(command, { into }),
  })
  const others = peersHere.map((peer) => reader(peer.name, peer[of]({ brokers, topic })))
  return compare([reader('crbus', own), ...others], { rounds: ROUNDS, expected })
}
