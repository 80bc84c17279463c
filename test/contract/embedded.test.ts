import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { busContract } from './bus-contract.ts'
import { startMemberProcess } from './support/start-member-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'crbus-contract-'))
const file = { path: join(folder, 'bus.db'), sessionTimeout: 2000 }
afterAll(() => rmSync(folder, { recursive: true }))

busContract('EmbeddedEventBus', {
  // As the command line opens it; members in other processes open it as a service does.
  open: async (options) => new EmbeddedEventBus({ ...options, ...file, makeOnChange: true }),
  startMember: (request) => startMemberProcess({ kind: 'embedded', ...file }, request),
  takeoverWithin: 15_000,
})
