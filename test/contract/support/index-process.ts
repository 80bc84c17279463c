import { fieldReader } from '../../../src/operations/event-index/field-paths.ts'
import { updateIndex } from '../../../src/operations/event-index/update-index.ts'
import { type BusAddress, openBus } from './open-bus.ts'

// Indexes all topics of a bus to the end, and prints a line for each batch.

const [address, path] = process.argv.slice(2).map((argument) => JSON.parse(argument)) as [BusAddress, string]
const bus = await openBus(address)
console.log('indexing')
let batches = 0
const { recordsAdded } = await updateIndex(bus, {
  path,
  topics: ['*'],
  fields: ['data.order_id'],
  fieldReader: (paths) => fieldReader(paths, {}),
  follow: false,
  signal: new AbortController().signal,
  onNotice: () => undefined,
  onProgress: () => {
    batches += 1
    console.log(`batch ${batches}`)
  },
})
await bus.close()
console.log(`added ${recordsAdded}`)
