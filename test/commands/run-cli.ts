import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { Config, type Interfaces } from '@oclif/core'
import type { EventBus } from '../../src/bus/event-bus.ts'
import type { BusAddress } from '../../src/cli/config/bus-address.ts'
import { openStoreSetup, probeBus } from '../../src/cli/config/connect.ts'
import { readConfigFiles, userFile } from '../../src/cli/config/find-config-files.ts'
import { resolveConfig } from '../../src/cli/config/resolve-config.ts'
import { type Context, type OpenOptions, withContext } from '../../src/cli/process/context.ts'
import { runGit } from '../../src/cli/process/git.ts'
import { Stop } from '../../src/cli/process/stop.ts'
import type { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { documentProblems } from '../support/documents.ts'
import type { FakeTerminal } from './terminal.ts'

export interface CliResult {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

export interface Runnable {
  /** The schema of its `--json` document. */
  readonly document: string
  run(argv: string[], config: Interfaces.LoadOptions): Promise<unknown>
}

interface CliOptions {
  readonly broker: MemoryBroker
  readonly stdin?: string
  /** Default: a folder without schemas and configuration in it and above. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stop?: Stop
  /** Whether there is a terminal, on which the user types `stdin`. */
  readonly isTerminal?: boolean
  /** A terminal that shows stdout, and on which the test types while the command runs. */
  readonly terminal?: FakeTerminal
  readonly undoFolder?: string
  /** Default: a new folder without notes. */
  readonly stateFolder?: string
  /** Default: a folder that does not exist. */
  readonly home?: string
  readonly onStdout?: (text: string) => void
  readonly onStderr?: (text: string) => void
  /** Called each time that the configuration is resolved. */
  readonly onConfig?: () => void
  /** Default: a memory bus of the broker, whatever the address. */
  readonly openBus?: (address: BusAddress, options?: OpenOptions) => EventBus | Promise<EventBus>
  /** Default: connects to the brokers, or reads the file, of the address. */
  readonly probeBus?: Context['probeBus']
}

/** The clock of command tests: 2026-11-23T10:00:00Z. */
const NOW = Date.UTC(2026, 10, 23, 10)

const config = await Config.load({ root: new URL('../..', import.meta.url).pathname })

/**
 * Runs a command in this process with an in-memory bus and buffers instead of a terminal. Every JSON document that it prints is
 * validated against its schema.
 */
export async function runCli(command: Runnable, argv: string[], options: CliOptions): Promise<CliResult> {
  const { broker, stop = new Stop() } = options
  const written = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') => {
    const stream = new PassThrough()
    stream.on('data', (chunk: Buffer) => {
      written[name] += chunk.toString()
      options[name === 'stdout' ? 'onStdout' : 'onStderr']?.(chunk.toString())
    })
    return stream
  }
  const isTTY = options.isTerminal ?? false
  const cwd = options.cwd ?? tmpdir()
  const stateFolder = options.stateFolder ?? join(tmpdir(), 'crbus-no-state', randomUUID())
  const surroundings = {
    cwd,
    env: options.env ?? {},
    home: options.home ?? join(tmpdir(), 'crbus-no-home', randomUUID()),
    stateFolder,
  }
  const context: Context = {
    io: {
      stdin: options.terminal?.stdin ?? Object.assign(Readable.from(options.stdin ?? []), { isTTY }),
      stdout: options.terminal?.stdout ?? sink('stdout'),
      stderr: Object.assign(sink('stderr'), { isTTY }),
      color: false,
      screen: options.terminal !== undefined,
    },
    stop,
    now: () => NOW,
    ...surroundings,
    undoFolder: options.undoFolder ?? join(tmpdir(), 'crbus-no-undo'),
    dataFolder: join(stateFolder, 'data'),
    cacheFolder: join(stateFolder, 'cache'),
    userFile: userFile(surroundings),
    git: runGit,
    config: async (flags) => {
      options.onConfig?.()
      return resolveConfig(await readConfigFiles(surroundings), flags, surroundings)
    },
    logLevel: options.env?.CRBUS_LOG,
    openBus: async (address, opening = {}) =>
      options.openBus?.(address, opening) ??
      new InMemoryEventBus({ broker, createTopics: true, logger: opening.logger }),
    probeBus: options.probeBus ?? probeBus,
    openStoreSetup,
  }
  process.exitCode = 0
  await withContext(context, () => command.run(argv, config))
  await new Promise((resolve) => setImmediate(resolve))
  const exitCode = Number(process.exitCode)
  process.exitCode = 0
  validateDocuments(command, argv, written.stdout)
  return { ...written, exitCode }
}

/** Throws if a printed document differs from its schema. The last line may be cut off where a reader left. */
function validateDocuments(command: Runnable, argv: readonly string[], stdout: string): void {
  const name = printedDocument(command, argv)
  if (name === undefined) return
  const documents = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown)
  const problems = documents.flatMap((document) => documentProblems(name, document))
  if (problems.length > 0) throw new Error(`crbus ${argv.join(' ')}\n${problems.join('\n')}\n${stdout}`)
}

/** Returns the schema of the lines that a command prints; `undefined` if it prints no JSON documents. */
function printedDocument({ document }: Runnable, argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--')
  const words = (end === -1 ? argv : argv.slice(0, end)).join(' ')
  if (/(^| )--json( |$)/.test(words)) return document
  if (document === 'check' && /(--format|--output|-o)[ =]json/.test(words)) return 'check'
  if (document === 'trace' && !words.includes('--follow') && /(^| )(-o|--output)[ =]?json( |$)/.test(words))
    return 'trace'
  return document === 'tail' && /(^| )(-o|--output)[ =]?json( |$)/.test(words) ? 'record' : undefined
}
