import { Flags } from '@oclif/core'
import { duration } from '../../bus/time/duration.ts'
import { parsePoint } from '../../operations/offsets/offset-grammar.ts'
import { UsageError } from '../errors.ts'
import { flag } from '../suggestions.ts'

/** Flag of commands that read descriptions of sagas. */
export const descriptionsFlag = Flags.string({
  description:
    'File or folder with the descriptions of sagas (default: the folder "sagas" here, in the nearest folder above, or beside the embedded bus)',
  helpValue: 'PATH',
})

/** Flag of commands that list conversations. */
export const sinceFlag = Flags.string({
  description: 'Only conversations that began since then: 2h, @-1h, @2026-11-23T10:00:00Z',
  helpValue: 'TIME',
})

/** Parses `--since`: a duration before now, or a time. */
export function toSince(given: string | undefined, now: number): number | undefined {
  if (given === undefined) return undefined
  const before = duration(given)
  if (before !== undefined) return now - before
  const point = parsePoint(given, now)
  if (point.ok && point.spec.kind === 'time') return Number(point.spec.time)
  throw new UsageError(`--since ${given} is neither a duration nor a time`, [
    flag('--since 2h'),
    flag('--since @2026-11-23'),
  ])
}
