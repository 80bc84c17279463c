import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { scanExport } from '../../../src/operations/transfer/export/scan-export.ts'
import { compare, timePipeline } from '../measure.ts'
import { formatRate, rateAtLeast, ratioAtMost } from '../report.ts'
import { crbus, type Row } from '../setting.ts'
import { fill } from './indexing.ts'

const ROUNDS = 3
const EXPORT_RATE = 400_000
const IMPORT_RATE = 200_000
/** Events whose ids differ, unlike the records of the rates, which a compression makes too small. */
const VARIED_RECORDS = 100_000
/** The size of frames beside lines of JSON. */
const SIZE_RATIO = 0.3

export const transferring: Row = {
  name: 'transfer',
  note: 'a topic of Kafka to a file of frames, and the file to a new topic; with the start of the process. The size is that of frames beside lines of JSON, for events whose ids differ.',

  async run(setting) {
    const { records, folder } = setting
    const { brokers, admin, log } = await setting.bus()
    const topic = await setting.topic()
    const file = join(folder, 'events.crbus')
    const run = async (words: readonly string[], count: () => Promise<number>) => {
      const sample = await timePipeline(crbus(...words, '-b', brokers, '-q'), { into: '> /dev/null' })
      return { ...sample, count: await count() }
    }
    const exporting = {
      name: 'crbus export',
      run: () =>
        run(['export', topic, '--file', file, '--force'], async () => (await scanExport(file)).start.tally.records),
    }
    const importing = {
      name: 'crbus import',
      async run() {
        const target = `bench-${randomUUID()}`
        const sample = await run(['import', file, '--topic', target, '--yes'], () => setting.recordsOn(target))
        await admin.deleteTopic(target)
        return sample
      },
    }
    const comparison = { rounds: ROUNDS, expected: records }
    const [exported] = await compare([exporting], comparison)
    const [imported] = await compare([importing], comparison)
    await using varied = await setting.newTopic()
    await fill(log, varied.name, VARIED_RECORDS)
    const [frames, lines] = [join(folder, 'varied.crbus'), join(folder, 'varied.ndjson')]
    for (const path of [frames, lines]) await run(['export', varied.name, '--file', path], async () => VARIED_RECORDS)
    const size = statSync(frames).size
    const ratio = size / statSync(lines).size
    return [
      {
        name: 'export',
        peer: '',
        crbus: formatRate(records, exported),
        target: rateAtLeast(EXPORT_RATE, records, exported),
      },
      {
        name: 'import',
        peer: '',
        crbus: formatRate(records, imported),
        target: rateAtLeast(IMPORT_RATE, records, imported),
      },
      {
        ...{ name: 'export, size', peer: 'NDJSON', ratio, target: ratioAtMost(SIZE_RATIO, ratio) },
        crbus: `${(size / 1e6).toFixed(1)} MB`,
      },
    ]
  },
}
