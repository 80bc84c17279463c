import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { NewRecord } from '../../src/bus/record.ts'

export const EVENT_TYPE = 'OrderPlaced.v1'

/** Of the topics read from: records go to them in turn, so that reading has something to merge. */
export const PARTITIONS = 4

/** Envelopes as the Rust services write them, made by Rust: each behind its length. */
export function makeEnvelopes(count: number, file: string): Buffer {
  const output = openSync(file, 'w')
  try {
    const manifest = new URL('../vectors/Cargo.toml', import.meta.url).pathname
    execFileSync('cargo', ['run', '-q', '--release', '--manifest-path', manifest, '--', '--records', `${count}`], {
      stdio: ['ignore', output, 'inherit'],
    })
  } finally {
    closeSync(output)
  }
  return readFileSync(file)
}

/** The envelopes as records to append, the partitions in turn. Values are views. */
export function* toBatches(envelopes: Buffer, size: number): Generator<readonly NewRecord[]> {
  const key = Buffer.from(EVENT_TYPE)
  let batch: NewRecord[] = []
  let index = 0
  for (let at = 0; at < envelopes.length; index += 1) {
    const start = at + 4
    at = start + envelopes.readUInt32LE(at)
    batch.push({ key, value: envelopes.subarray(start, at), partition: index % PARTITIONS })
    if (batch.length < size && at < envelopes.length) continue
    yield batch
    batch = []
  }
}
