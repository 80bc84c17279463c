import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RedpandaEventBus } from '../../src/index.ts'
import { startKafka } from '../support/kafka.ts'
import { makeEnvelopes, PARTITIONS, toBatches } from './records.ts'
import type { Line } from './report.ts'

/** One thing that is measured. */
export interface Row {
  readonly name: string
  /** What a reader of its lines has to know. */
  readonly note: string
  readonly run: (setting: Setting) => Promise<readonly Line[]>
}

/** Large: batches are then full, and calls few. */
const FILL_BATCH = 10_000

/** What the rows share. Each part is made when a row first asks: a row that needs no broker starts none. */
export class Setting {
  readonly records: number
  /** Gone when the run ends. */
  readonly folder = mkdtempSync(join(tmpdir(), 'crbus-bench-'))
  readonly #undo = new AsyncDisposableStack()

  constructor(records: number) {
    this.records = records
    this.#undo.defer(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  readonly envelopes = once(() => makeEnvelopes(this.records, join(this.folder, 'envelopes')))

  readonly bus = once(async () => {
    // Deleted topics give their space back at once, not after a minute.
    const kafka = await startKafka({ properties: { 'file.delete.delay.ms': '0' } })
    this.#undo.defer(() => kafka.dispose())
    const bus = this.#undo.use(new RedpandaEventBus({ brokers: kafka.brokers, timeout: 60_000 }))
    return { brokers: kafka.brokers, log: bus.log, admin: bus.admin }
  })

  /** A topic that holds the records. */
  readonly topic = once(async () => {
    const { log } = await this.bus()
    const { name } = this.#undo.use(await this.newTopic())
    for (const batch of toBatches(this.envelopes(), FILL_BATCH)) await log.append(name, batch)
    const held = await this.recordsOn(name)
    if (held !== this.records) throw new Error(`${name} holds ${held} records instead of ${this.records}`)
    return name
  })

  /** An empty topic, deleted when disposed of: a million records are a third of a gigabyte. */
  async newTopic(): Promise<{ readonly name: string } & AsyncDisposable> {
    const { admin } = await this.bus()
    const name = `bench-${randomUUID()}`
    await admin.createTopic(name, { partitions: PARTITIONS })
    return { name, [Symbol.asyncDispose]: () => admin.deleteTopic(name) }
  }

  async recordsOn(topic: string): Promise<number> {
    const { log } = await this.bus()
    return (await log.ranges(topic)).reduce((sum, { start, end }) => sum + Number(end - start), 0)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#undo.disposeAsync()
  }
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** The command line as it is built here, run by the project's Node. */
export const crbus = (...words: readonly string[]): readonly string[] => [
  process.execPath,
  new URL('../../bin/crbus.js', import.meta.url).pathname,
  ...words,
]
