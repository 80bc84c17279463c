import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { DoomedMember, MemberRequest } from './harness.ts'
import type { BusAddress } from './member-process.ts'

const program = fileURLToPath(new URL('./member-process.ts', import.meta.url))

/** A group member in a process of its own, run as it is by Node's type stripping, so that it can really be killed. */
export async function startMemberProcess(address: BusAddress, request: MemberRequest): Promise<DoomedMember> {
  const args = ['--no-warnings', program, JSON.stringify(address), JSON.stringify(request)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const holding = (async () => {
    for await (const line of createInterface({ input: child.stdout })) if (line === 'holding') return
    throw new Error('the member ended before it held an event')
  })()
  const die = async () => {
    child.kill('SIGKILL')
    await exited
  }
  try {
    await holding
  } catch (error) {
    await die()
    throw error
  }
  return { die }
}
