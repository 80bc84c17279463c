import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'

/** One run. */
export interface Sample {
  readonly seconds: number
  /** What came out: lines, bytes or records. Checked, since a fast wrong answer is worth nothing. */
  readonly count: number
  /** The most memory it held, in MB; where it can be known. */
  readonly peakMb?: number | undefined
}

export interface Contender {
  readonly name: string
  readonly run: () => Promise<Sample>
}

/** All runs of one contender. */
export interface Outcome {
  readonly name: string
  /** The median run. */
  readonly seconds: number
  /** The largest of all runs. */
  readonly peakMb: number | undefined
}

export interface Comparison {
  readonly rounds: number
  /** What each run must count. */
  readonly expected: number
}

/**
 * Runs the contenders in turn, in rounds, after a round that warms up files, caches and the broker. Other load of the machine
 * then affects all contenders, so ratios are meaningful where times are not. Every other round runs backwards, so that no
 * contender always follows the same one.
 */
export async function compare<const Contenders extends readonly Contender[]>(
  contenders: Contenders,
  { rounds, expected }: Comparison,
): Promise<{ readonly [Place in keyof Contenders]: Outcome }> {
  const runs = contenders.map((contender) => ({ contender, samples: [] as Sample[] }))
  for (let round = 0; round <= rounds; round += 1) {
    for (const { contender, samples } of round % 2 === 0 ? runs : runs.toReversed()) {
      const sample = await contender.run()
      if (sample.count !== expected) {
        throw new Error(`${contender.name} counted ${sample.count} instead of ${expected}`)
      }
      if (round > 0) samples.push(sample)
    }
  }
  const outcomes = runs.map(({ contender: { name }, samples }) => toOutcome(name, samples))
  return outcomes as { readonly [Place in keyof Contenders]: Outcome }
}

function toOutcome(name: string, samples: readonly Sample[]): Outcome {
  const seconds = median(samples.map((sample) => sample.seconds))
  const all = samples.map((sample) => sample.seconds.toFixed(3)).join(' ')
  process.stderr.write(`  ${name}: ${seconds.toFixed(3)} s (${all})\n`)
  const peaks = samples.flatMap(({ peakMb }) => peakMb ?? [])
  return { name, seconds, peakMb: peaks.length > 0 ? Math.max(...peaks) : undefined }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** The value that so many in a hundred are not above. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN
}

/** Times work of this process; it returns what it counted. */
export async function timed(work: () => number | Promise<number>): Promise<Sample> {
  const start = performance.now()
  const count = await work()
  return { count, seconds: (performance.now() - start) / 1000 }
}

export interface Pipeline {
  /** Where its output goes: a counter whose one number is the sample's count, or nowhere, which counts 0. */
  readonly into: '| wc -l' | '| wc -c' | '> /dev/null'
  /** File that is its stdin. */
  readonly input?: string | undefined
}

/** Says its process id and later its exit code on descriptor 3, which a shell's pipeline keeps to itself. */
const REPORTING = `{ sh -c 'echo $$ >&3; exec "$@"' sh "$@"; echo $? >&3; }`

/** Times a command whose output goes through a pipe of the shell, as users have it. */
export async function timePipeline(command: readonly string[], { into, input }: Pipeline): Promise<Sample> {
  const stdin = input === undefined ? 'ignore' : openSync(input, 'r')
  const start = performance.now()
  const shell = spawn('sh', ['-c', `${REPORTING} ${into}`, 'sh', ...command], {
    env,
    stdio: [stdin, 'pipe', 'pipe', 'pipe'],
  })
  const closed = new Promise<number>((resolve) => shell.once('close', () => resolve(performance.now())))
  const [stdout, stderr, report] = [shell.stdout, shell.stderr, shell.stdio[3]]
  if (!stdout || !stderr || !report) throw new Error('a pipe is missing')
  let reported = ''
  report.on('data', (chunk: Buffer) => {
    reported += chunk.toString()
  })
  let peakMb: number | undefined
  const watch = setInterval(() => {
    peakMb = peakOf(reported.slice(0, reported.indexOf('\n'))) ?? peakMb
  }, 10)
  const [counted, complaint, end] = await Promise.all([text(stdout), text(stderr), closed])
  clearInterval(watch)
  if (typeof stdin === 'number') closeSync(stdin)
  const status = reported.trim().split('\n').at(-1)
  if (status !== '0') throw new Error(`${command.join(' ')} ended with ${status}: ${complaint.slice(-500)}`)
  return { seconds: (end - start) / 1000, count: Number(counted), peakMb }
}

/** Linux tells the most a process ever held for as long as it lives: the last look is as good as the peak. */
function peakOf(pid: string): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
  } catch {
    return undefined
  }
}

/** Times a command from its start to its end, with no shell around it. Counts 1 when it printed what it should. */
export async function timeCommand([file = '', ...args]: readonly string[], prints: string): Promise<Sample> {
  const start = performance.now()
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => resolve(performance.now()))
  })
  const [printed, complaint, end] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (child.exitCode !== 0) throw new Error(`${file} ended with ${child.exitCode}: ${complaint.slice(-500)}`)
  return { seconds: (end - start) / 1000, count: printed.includes(prints) ? 1 : 0 }
}

/** Certificates cost Node 20 ms a start, and a bus named by the environment is not the one that is measured. */
const { NODE_EXTRA_CA_CERTS, CRBUS_BROKERS, REDPANDA_BROKERS, CRBUS_DATA_DIR, CRBUS_PROFILE, ...env } = process.env
