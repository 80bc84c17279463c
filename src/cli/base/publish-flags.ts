import { Flags } from '@oclif/core'
import { viewCodecs } from '../../operations/events/event-view.ts'
import { compileData, compileTexts } from '../../operations/publish/data-template.ts'
import type { EventSettings } from '../../operations/publish/event-settings.ts'
import { type LineRange, parseLines } from '../../operations/publish/lines.ts'
import { UsageError } from '../errors.ts'
import { flag, hint, shellWord } from '../suggestions.ts'
import { type EventFlags, eventFlags, templateTexts, toEventSettings } from './event-flags.ts'
import { busFlags, changeFlags, schemaFlag } from './flags.ts'
import { anyOf } from './parse-flags.ts'

/** The flags of `crbus publish`. */
export const publishFlags = {
  ...busFlags,
  topic: Flags.string({
    char: 't',
    description: 'Topic to publish to, in place of the argument',
    helpValue: 'TOPIC',
  }),
  ...eventFlags,
  data: Flags.string({
    char: 'd',
    description: 'Data of one event',
    helpGroup: 'EVENT',
    helpValue: 'JSON',
    exclusive: ['file'],
  }),
  file: Flags.string({
    char: 'f',
    description: 'File of lines to publish; - is stdin',
    helpGroup: 'EVENT',
    helpValue: 'FILE',
  }),
  lines: Flags.string({
    description: 'Publish only these lines of the input, such as 4001- (from line 4001 on) or 3,7-9 (four lines)',
    helpGroup: 'EVENT',
    helpValue: 'LINES',
  }),
  codec: Flags.option({ options: viewCodecs })({
    description: `Codec of the data: ${anyOf(viewCodecs)}; bytes takes base64 (default: the codec of the topic in crbus.json, else bincode if a schema has the event type, else json)`,
    helpGroup: 'EVENT',
    helpValue: 'CODEC',
  }),
  envelope: Flags.option({ options: ['bincode', 'cbor'] as const })({
    description:
      'Format of the envelope: bincode or cbor (default: the envelope of the topic in crbus.json, else bincode, which Rust services read)',
    helpGroup: 'EVENT',
    helpValue: 'FORMAT',
  }),
  schema: { ...schemaFlag, helpGroup: 'EVENT' },
  tombstone: Flags.boolean({
    description: 'Publish a record without a value for --key',
    dependsOn: ['key'],
    exclusive: ['data', 'file', 'type'],
    helpGroup: 'RECORD',
  }),
  confirm: changeFlags.confirm,
  count: Flags.integer({
    description: 'Number of times to publish --data',
    min: 1,
    dependsOn: ['data'],
    helpValue: 'NUMBER',
  }),
  rate: Flags.integer({ description: 'Maximum number of events per second', min: 1, helpValue: 'NUMBER' }),
  acks: Flags.option({ options: ['0', '1', 'all'] as const })({
    description:
      'Replicas that must store an event: none (0), the leader (1) or all in sync (default: all; the embedded bus ignores it)',
    helpValue: '0|1|all',
  }),
  compression: Flags.option({ options: ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const })({
    char: 'z',
    description: 'Compression of batches: none, gzip, snappy, lz4 or zstd (default: none; the embedded bus ignores it)',
    helpValue: 'NAME',
  }),
  quiet: Flags.boolean({ char: 'q', description: 'Print neither positions nor notices', helpGroup: 'GLOBAL' }),
}

interface ProducerFlags {
  readonly acks?: '0' | '1' | 'all' | undefined
  readonly compression?: string | undefined
}

/** Returns notices about --acks and --compression: which events may be lost without an error, and that the embedded bus ignores them. */
export function producerNotices({ acks, compression }: ProducerFlags, bus: 'kafka' | 'embedded'): readonly string[] {
  if (bus === 'embedded') {
    const ignored = [...(acks === undefined ? [] : ['--acks']), ...(compression === undefined ? [] : ['--compression'])]
    if (ignored.length === 0) return []
    return [
      `note: the embedded bus stores every event in its file before it answers; it ignores ${ignored.join(' and ')}`,
    ]
  }
  if (acks === '0')
    return ['note: with --acks 0 the brokers confirm nothing: events that are lost or refused are not reported']
  if (acks === '1')
    return ['note: with --acks 1 events are lost if the leader fails before its followers have copied them']
  return []
}

/** Compiles `--data`, which may contain template expressions. Returns the function that renders it; `undefined` without the flag. */
export function toData(
  { data, type }: { readonly data?: string | undefined; readonly type?: string | undefined },
  now: () => number,
) {
  if (data === undefined) return undefined
  if (type === undefined) throw new UsageError('--data needs --type', [flag('--type OrderPlaced.v1')])
  const compiled = compileData(data, now)
  if (!compiled.ok) throw new UsageError(`--data: ${compiled.reason}`)
  return compiled.render
}

/**
 * Returns a function from the number of an event, counted from 1, to its settings. Returns `undefined` if no flag contains a
 * template expression: all events then have the same settings.
 */
export function toSettingsAt(
  flags: EventFlags,
  rest: Omit<EventSettings, keyof ReturnType<typeof toEventSettings>>,
  now: () => number,
): ((index: number) => EventSettings) | undefined {
  const compiled = compileTexts(templateTexts(flags), now)
  if (!compiled.ok) throw new UsageError(`--${compiled.flag}: ${compiled.reason}`)
  const { render } = compiled
  return render && ((index) => ({ ...toEventSettings({ ...flags, ...render(index) }), ...rest }))
}

/** Returns the topic and the input that the arguments and `--topic` name. With `--topic`, a single `-` is the input. */
export function toTarget(
  { topic: named, input }: { readonly topic?: string | undefined; readonly input?: string | undefined },
  topic: string | undefined,
): { readonly topic: string; readonly input: string | undefined } {
  if (topic === undefined) {
    if (named !== undefined) return { topic: named, input }
    throw new Error('parse accepts no command line without a topic')
  }
  if (named === '-' && input === undefined) return { topic, input: '-' }
  if (named === undefined || named === topic) return { topic, input }
  throw new UsageError(`the argument '${named}' and --topic ${topic} name two topics`, [
    hint('publish to one topic at a time'),
    flag(`--file ${shellWord(named)}`, 'reads a file'),
  ])
}

/** Checks the argument after the topic. It can only be `-`, for stdin. */
export function toStdin(input: string | undefined): '-' | undefined {
  if (input === undefined || input === '-') return input
  throw new UsageError(`'${input}' is neither a flag nor -`, [
    flag(`--file ${shellWord(input)}`),
    flag(`--data ${shellWord(input)}`),
  ])
}

/** Builds the error for input without an event. A script that publishes nothing has usually lost its input. */
export function nothingToPublish(
  file: string | undefined,
  { data, lines }: { readonly data?: string | undefined; readonly lines?: string | undefined },
): UsageError {
  const input = data !== undefined ? '--data' : file === undefined || file === '-' ? 'stdin' : file
  if (lines !== undefined) {
    return new UsageError(`nothing to publish: ${input} has no event in --lines ${lines}`, [
      hint('leave out --lines to publish all lines'),
    ])
  }
  return new UsageError(`nothing to publish: ${input} is empty or has only blank lines`, [
    flag(`--data '{"order_id":"o-1"}'`, 'publishes one event'),
    ...(input === 'stdin' ? [flag('--file orders.ndjson', 'reads a file')] : []),
  ])
}

/** Parses `--lines` to ranges of lines; `undefined` if the flag is not given. */
export function toLines(text: string | undefined): readonly LineRange[] | undefined {
  if (text === undefined) return undefined
  const lines = parseLines(text)
  if (lines !== undefined) return lines
  throw new UsageError(`--lines ${text} is not a list of lines`, [flag('--lines 4001-'), flag('--lines 3,7-9')])
}
