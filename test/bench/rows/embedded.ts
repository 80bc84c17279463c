import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { NewRecord } from '../../../src/bus/record.ts'
import { EmbeddedEventBus } from '../../../src/index.ts'
import { type Contender, compare, type Outcome, timed, timePipeline } from '../measure.ts'
import { PARTITIONS, toBatches } from '../records.ts'
import { against, formatRate, rateAtLeast, speedRatio } from '../report.ts'
import { crbus, type Row } from '../setting.ts'

const ROUNDS = 3
const BATCH = 1000
const SCAN = 2000
const APPEND_RATE = 150_000
const TAIL_RATE = 200_000
const TOPIC = 'order-events'

export const embedded: Row = {
  name: 'embedded',
  note: `batches of ${BATCH} in one process, then read back without decoding; node:sqlite makes the same inserts and selects of ${SCAN} rows by itself, with the same pragmas and a commit a batch. tail is the command, to NDJSON into wc -l.`,

  async run(setting) {
    const { records, folder } = setting
    const batches = [...toBatches(setting.envelopes(), BATCH)]
    const ownFolder = join(folder, 'embedded')
    const ownFile = join(ownFolder, 'bus.db')
    const plainFile = join(folder, 'plain.db')
    mkdirSync(ownFolder)
    const comparison = { rounds: ROUNDS, expected: records }
    const [append, plainAppend] = await compare(
      [appendingBus(ownFile, batches), appendingPlain(plainFile, batches)],
      comparison,
    )
    const [scan, plainScan] = await compare([scanningBus(ownFile), scanningPlain(plainFile)], comparison)
    const command = crbus('tail', TOPIC, '--data-dir', ownFolder, '--from', 'start', '-e', '-q', '-o', 'json')
    const tailing = { name: 'crbus tail', run: () => timePipeline(command, { into: '| wc -l' }) }
    const [tail] = await compare([tailing], comparison)
    const show = (outcome: Outcome) => formatRate(records, outcome)
    return [
      ...against('embedded append', append, [plainAppend], {
        show,
        ratio: speedRatio,
        target: () => rateAtLeast(APPEND_RATE, records, append),
      }),
      ...against('embedded read', scan, [plainScan], { show, ratio: speedRatio }),
      { name: 'embedded tail to NDJSON', peer: '', crbus: show(tail), target: rateAtLeast(TAIL_RATE, records, tail) },
    ]
  },
}

type Batches = readonly (readonly NewRecord[])[]

function appendingBus(file: string, batches: Batches): Contender {
  return {
    name: 'crbus append',
    async run() {
      removeDatabase(file)
      await using bus = new EmbeddedEventBus({ path: file, createTopics: true })
      await bus.admin.createTopic(TOPIC, { partitions: PARTITIONS })
      return await timed(async () => {
        let count = 0
        for (const batch of batches) count += (await bus.log.append(TOPIC, batch)).length
        return count
      })
    },
  }
}

function scanningBus(file: string): Contender {
  return {
    name: 'crbus read',
    async run() {
      await using bus = new EmbeddedEventBus({ path: file, createTopics: true })
      const slices = (await bus.log.ranges(TOPIC)).map(({ partition, start, end }) => ({
        topic: TOPIC,
        partition,
        from: start,
        to: end,
      }))
      return await timed(async () => {
        let count = 0
        for await (const batch of bus.log.read(slices)) count += batch.length
        return count
      })
    },
  }
}

// The same by node:sqlite alone: what is left of crbus when nothing is added.

/** Ids as the bus has them: the partitions' stretches far apart. */
const STRETCH = 2 ** 36

function openPlain(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000')
  database.exec(
    'CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, key BLOB, value BLOB, headers TEXT)',
  )
  return database
}

function appendingPlain(file: string, batches: Batches): Contender {
  return {
    name: 'node:sqlite append',
    async run() {
      removeDatabase(file)
      using database = openPlain(file)
      const insert = database.prepare('INSERT INTO records (id, timestamp, key, value, headers) VALUES (?, ?, ?, ?, ?)')
      const next = Array.from({ length: PARTITIONS }, (_, partition) => partition * STRETCH)
      return await timed(() => {
        let count = 0
        for (const batch of batches) {
          database.exec('BEGIN IMMEDIATE')
          for (const { key, value, partition = 0 } of batch) {
            const id = next[partition] ?? 0
            next[partition] = id + 1
            insert.run(id, Date.now(), key, value, null)
            count += 1
          }
          database.exec('COMMIT')
        }
        return count
      })
    },
  }
}

function scanningPlain(file: string): Contender {
  return {
    name: 'node:sqlite read',
    async run() {
      using database = openPlain(file)
      const select = database.prepare(
        'SELECT id, timestamp, key, value, headers FROM records WHERE id >= ? ORDER BY id LIMIT ?',
      )
      select.setReadBigInts(true)
      select.setReturnArrays(true)
      return await timed(() => {
        let count = 0
        for (let from = 0n; ; ) {
          const rows = select.all(from, SCAN) as unknown as (readonly [bigint])[]
          count += rows.length
          const last = rows.at(-1)
          if (last === undefined) return count
          from = last[0] + 1n
        }
      })
    },
  }
}

function removeDatabase(file: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
}
