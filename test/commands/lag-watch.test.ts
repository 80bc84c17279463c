import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { Stop } from '../../src/cli/process/stop.ts'
import Lag from '../../src/commands/lag.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { type CliResult, runCli } from './run-cli.ts'
import { FakeTerminal } from './terminal.ts'

const NOW = Date.UTC(2026, 10, 23, 10)
const OFTEN = ['--watch', '--interval', '20ms']

let broker: MemoryBroker
let bus: InMemoryEventBus

const publish = async (topic: string, count: number) => {
  for (let left = count; left > 0; left -= 1) await bus.publish(topic, serializedEvent('A.v1', Buffer.from('{}')))
}
/** Commits every partition of a topic, so many offsets behind its end. */
const behind = async (group: string, topic: string, lag: bigint) => {
  const ranges = (await bus.log.rangesOf([topic])).get(topic) ?? []
  await bus.admin.commitOffsets(
    group,
    ranges.map(({ partition, end }) => ({ topic, partition, offset: end - lag })),
  )
}

/** Creates a group with a note: its first waiting event is dated in the future. */
const futureDated = async () => {
  await bus.admin.createTopic('odd-events', { partitions: 1 })
  await bus.log.append('odd-events', [{ key: null, value: null, timestamp: BigInt(Date.UTC(2100, 0)) }])
  await bus.admin.commitOffsets('odd', [{ topic: 'odd-events', partition: 0, offset: 0n }])
}

beforeEach(async () => {
  broker = new MemoryBroker({ now: () => NOW - 192_000 })
  bus = new InMemoryEventBus({ broker, createTopics: true })
  await publish('order-events', 100)
  await behind('billing', 'order-events', 12n)
  await behind('shipping', 'order-events', 3n)
  await behind('audit', 'order-events', 0n)
  return () => bus.close()
})

describe('lag --watch on a terminal', () => {
  let terminal: FakeTerminal
  let stop: Stop
  let running: Promise<CliResult>
  /** Whether the alternate screen and raw input were on whenever stderr was written. */
  let wasOnScreen: boolean[]

  const watch = (argv: readonly string[] = [], columns?: number, rows?: number) => {
    terminal = new FakeTerminal(columns, rows)
    stop = new Stop()
    wasOnScreen = []
    const onStderr = () => wasOnScreen.push(terminal.isOnScreen, terminal.stdin.isRaw)
    running = runCli(Lag, [...OFTEN, ...argv], { broker, terminal, stop, onStderr })
  }
  const quit = async () => {
    terminal.type('q')
    return running
  }
  afterEach(async () => {
    stop.request('interrupted')
    await running
  })

  test('shows groups worst first on the alternate screen', async () => {
    watch([], 100, 12)
    await terminal.shows(' 0.0 ')
    terminal.type('a')
    const lines = await terminal.shows('audit')
    expect(terminal.isOnScreen).toBe(true)
    expect(lines).toHaveLength(12)
    expect(lines[0]).toContain('crbus lag  3 groups · 2 stopped · 1 ok')
    const words = lines.slice(1, 5).map((line) => line.trim().split(/\s+/))
    expect(words).toMatchObject(
      [
        ['GROUP', 'STATE', 'MEMBERS', 'LAG', 'AGE', 'IN/S', 'OUT/S', 'CATCH-UP', 'TREND', 'VERDICT'],
        ['›', 'billing', 'Empty', '0', '12', /█+/, '3m12s', '0.0', '0.0', '-', /▄+/, 'stopped'],
        ['shipping', 'Empty', '0', '3', /█+/, '3m12s', '0.0', '0.0', '-', /▄+/, 'stopped'],
        ['audit', 'Empty', '0', '0', '-', '0.0', '0.0', '0ms', /▁+/, 'ok'],
      ].map((row) => row.map((word) => (word instanceof RegExp ? expect.stringMatching(word) : word))),
    )
    expect(lines.at(-1)).toMatch(/q quit {2}\? help .* 1\/3$/)
    expect(await quit()).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('hides groups that are asleep until a key shows them, and counts them in the title', async () => {
    watch()
    const lines = await terminal.shows('billing')
    expect(lines[0]).toContain('crbus lag  3 groups · 2 stopped · 1 asleep')
    expect(lines.join('\n')).not.toContain('audit')
    terminal.type('a')
    expect((await terminal.shows('audit'))[0]).toContain('3 groups · 2 stopped · 1 ok')
    terminal.type('a/aud')
    expect((await terminal.hides('billing')).join('\n')).toContain('audit')
    terminal.type('\r')
    await quit()
  })

  test('names the bus below the title', async () => {
    watch()
    expect((await terminal.shows('billing'))[1]).toMatch(/^ 1 groups {2}2 topics .* memory$/)
    await quit()
  })

  test('shows the note about the selected group above the keys', async () => {
    await futureDated()
    watch(['--group', 'odd'], 140)
    const lines = await terminal.shows('odd: the first waiting event of odd-events[0] is dated in the future')
    expect(lines.at(-2)).toContain('odd: the first')
    await quit()
  })

  test('updates lag, rates and sparklines', async () => {
    // Wide enough for the sparkline of several updates.
    watch(['--group', 'billing'], 160)
    await terminal.shows(' 12 ')
    await publish('order-events', 30)
    const lines = await terminal.shows(' 42 ')
    const [row = ''] = lines.filter((line) => line.includes('billing'))
    expect(row).toMatch(/▂.*█/)
    const [published, committed] = row.trim().split(/\s+/).slice(7)
    expect([published === '0.0', committed]).toEqual([false, '0.0'])
    await quit()
  })

  test('opens a group with its members and its partitions', async () => {
    await bus.admin.createTopic('payment-events', { partitions: 2 })
    const member = new InMemoryEventBus({ broker, createTopics: true })
    const stream = await member.subscribe(['order-events', 'payment-events'], { group: 'shipping' })
    watch([], 120, 30)
    await terminal.shows('shipping')
    terminal.type('/shipping\r\r')
    const lines = await terminal.shows('COMMITTED')
    expect(lines[0]).toMatch(/^ shipping/)
    expect(lines[2]).toContain('Stable · 1 member · lag 3 · age 3m12s · 2 topics')
    expect(lines[3]).toContain('in 0.0/s')
    const text = lines.join('\n')
    expect(text).toContain(`#1 ${member.clientId}`)
    expect(text).toMatch(/order-events +0 +3 +█+ +3m12s +97 +100 /)
    expect(text).toMatch(/payment-events +0 +- /)
    terminal.type('\u001b[D')
    await terminal.shows('GROUP')
    expect(await quit()).toMatchObject({ exitCode: 0 })
    await stream.close()
    await member.close()
  })

  test('filters groups by the typed text and shows the filter', async () => {
    watch()
    await terminal.shows('billing')
    terminal.type('/ship')
    const typing = await terminal.hides('billing')
    expect(typing[0]).toContain('1 of 3 groups')
    expect(typing.at(-2)).toMatch(/^ \/ship/)
    expect(typing.at(-1)).toContain('enter keep')
    terminal.type('\r')
    expect((await terminal.shows('esc clears it')).at(-1)).toContain('/ filter')
    terminal.type('\u001b')
    await terminal.shows('billing')
    terminal.type('/none')
    await terminal.shows('nothing matches the filter')
    terminal.type('\u001b')
    await terminal.shows('billing')
    await quit()
  })

  test('sorts, moves the selection and shows help by keys', async () => {
    watch()
    await terminal.shows('sort: worst')
    terminal.type('asss')
    const lines = await terminal.shows('sort: name')
    expect(lines[3]).toMatch(/^ › audit/)
    terminal.type('j\u001b[B')
    expect((await terminal.shows('3/3'))[5]).toMatch(/^ › shipping/)
    terminal.type('?')
    const help = await terminal.shows('any key: back')
    expect(help.join('\n')).toContain('stopped          events wait and no member reads them')
    terminal.type('x')
    await terminal.shows('3/3')
    await quit()
  })

  test('sends no requests while it is paused', async () => {
    const listed = vi.spyOn(broker.groups, 'list')
    watch()
    await terminal.shows('billing')
    terminal.type('p')
    await terminal.shows('PAUSED')
    await publish('order-events', 500)
    // A measurement that was under way is the last one. There is time for many more.
    const before = listed.mock.calls.length
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(listed.mock.calls.length - before).toBeLessThanOrEqual(1)
    expect(terminal.lines.join('\n')).not.toContain('512')
    terminal.type('p')
    await terminal.shows('512')
    await terminal.hides('PAUSED')
    expect(listed.mock.calls.length - before).toBeGreaterThan(1)
    await quit()
  })

  test('fits the terminal after every resize', async () => {
    await behind('日本語-отчёты-a-very-long-name-of-a-group', 'order-events', 1n)
    watch([], 120, 40)
    expect(await terminal.shows('CATCH-UP')).toHaveLength(40)
    for (const [columns, rows] of [
      [50, 15],
      [80, 24],
      [20, 8],
      [7, 3],
      [200, 60],
    ] as const) {
      terminal.resize(columns, rows)
      await vi.waitFor(() => expect(terminal.lines).toHaveLength(rows), { timeout: 10_000 })
      // The rest of a frame of another size has been erased.
      for (const line of terminal.lines) expect(cells(line)).toBeLessThanOrEqual(columns)
    }
    await terminal.shows('日本語-отчёты-a-very-long-name-of-a-group')
    await quit()
  })

  test('q exits with 0 and Ctrl-C with 130, and both restore the terminal', async () => {
    for (const [key, code] of [
      ['q', 0],
      ['\u0003', 130],
    ] as const) {
      watch()
      await terminal.shows('billing')
      expect([terminal.isOnScreen, terminal.stdin.isRaw]).toEqual([true, true])
      terminal.type(key)
      expect(await running).toMatchObject({ exitCode: code, stderr: '' })
      expect([terminal.isOnScreen, terminal.stdin.isRaw]).toEqual([false, false])
      expect(terminal.written.endsWith('\u001b[?25h')).toBe(true)
    }
  })

  test('works without keys when stdin is not a terminal', async () => {
    watch()
    terminal.stdin.isTTY = false
    expect((await terminal.shows('billing')).at(-1)).toMatch(/^ Ctrl-C quit .* 1\/2$/)
    stop.request('interrupted')
    expect(await running).toMatchObject({ exitCode: 130, stderr: '' })
    expect(terminal.isOnScreen).toBe(false)
  })

  test('shows a failure of the bus in one line and tries again', async () => {
    watch(['--group', 'billing'])
    await terminal.shows('billing')
    await bus.admin.deleteGroup('billing')
    const lines = await terminal.shows("trying again: group 'billing' does not exist")
    expect(lines.join('\n')).toContain('› billing')
    await behind('billing', 'order-events', 7n)
    await terminal.hides('trying again')
    await quit()
  })

  test('prints an error without opening the screen when the first measurement fails', async () => {
    watch(['--group', 'nobody'])
    expect(await running).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("group 'nobody' does not exist"),
    })
    expect(terminal.written).toBe('')
  })

  test('prints an unexpected error after restoring the terminal', async () => {
    watch()
    await terminal.shows('billing')
    vi.spyOn(broker.groups, 'list').mockImplementation(() => {
      throw new TypeError('no such thing')
    })
    expect(await running).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no such thing') })
    expect(wasOnScreen).toEqual([false, false])
  })

  test('shows an empty list with a notice when no group matches', async () => {
    watch(['--group', 'x*'])
    const lines = await terminal.shows('no group matches x*; "crbus lag" measures all')
    expect(lines[0]).toContain('crbus lag  0 groups')
    expect(lines.join('\n')).not.toContain('billing')
    expect(await quit()).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('draws only the visible partitions of a thousand', async () => {
    await bus.admin.createTopic('wide-events', { partitions: 1000 })
    await behind('wide', 'wide-events', 0n)
    watch(['--group', 'wide'])
    await terminal.shows('wide')
    terminal.type('\r')
    await terminal.shows('1/1000')
    terminal.type('G')
    const lines = await terminal.shows('1000/1000')
    expect(lines).toHaveLength(24)
    expect(lines.at(-3)).toMatch(/› +999 /)
    terminal.type('\u001b[5~')
    await terminal.hides('1000/1000')
    await quit()
  })
})

/** Width of a line in terminal cells; wide characters take two. */
const cells = (line: string): number => [...line].length + [...line].filter((one) => /[\u3000-\u9fff]/.test(one)).length

describe('lag --watch without a terminal', () => {
  /** Runs until so many lines were printed. */
  const lines = async (count: number, argv: readonly string[] = []) => {
    const stop = new Stop()
    let seen = 0
    const result = await runCli(Lag, [...OFTEN, ...argv], {
      broker,
      stop,
      onStdout: (text) => {
        seen += text.split('\n').length - 1
        if (seen >= count) stop.request('interrupted')
      },
    })
    return { ...result, lines: result.stdout.trimEnd().split('\n') }
  }

  test('prints a line for each group and update, with the time and always the same fields', async () => {
    const { lines: printed, exitCode, stderr } = await lines(6)
    expect(printed.slice(0, 3)).toEqual([
      'time=2026-11-23T10:00:00.000Z group=billing state=Empty members=0 lag=12 age=3m12s in=- out=- catch-up=- verdict=stopped',
      'time=2026-11-23T10:00:00.000Z group=shipping state=Empty members=0 lag=3 age=3m12s in=- out=- catch-up=- verdict=stopped',
      'time=2026-11-23T10:00:00.000Z group=audit state=Empty members=0 lag=0 age=- in=- out=- catch-up=- verdict=ok',
    ])
    expect(printed[3]).toMatch(/group=billing .* in=0\.0 out=0\.0 catch-up=- verdict=stopped$/)
    expect([exitCode, stderr]).toEqual([130, ''])
  })

  test('prints the note about a group once for each verdict', async () => {
    await futureDated()
    const { stderr } = await lines(6, ['--group', 'odd'])
    const note = 'note: odd: the first waiting event of odd-events[0] is dated in the future, so its age is not known\n'
    expect(stderr).toBe(note)
  })

  test('quotes group names that would break the fields', async () => {
    await behind('a b="c"\u001b[2J', 'order-events', 0n)
    expect((await lines(1, ['--group', 'a*'])).stdout).toContain(String.raw` group="a b=\"c\"\\x1b[2J" state=`)
  })

  test('prints a JSON document for each update with --json', async () => {
    const { lines: printed, exitCode } = await lines(2, ['--json', '--group', 'billing'])
    const [first, second] = printed.map((line) => JSON.parse(line))
    expect(first).toMatchObject({
      time: '2026-11-23T10:00:00.000Z',
      groups: [{ group: 'billing', lag: 12, verdict: 'stopped' }],
    })
    expect(second.groups[0].rates).toEqual({ in: 0, out: 0 })
    expect(second.sample).toBeGreaterThan(0)
    expect(exitCode).toBe(130)
  })

  test('reports a failed update on stderr', async () => {
    const stop = new Stop()
    const running = runCli(Lag, [...OFTEN, '--group', 'billing'], {
      broker,
      stop,
      onStdout: () => void bus.admin.deleteGroup('billing').catch(() => undefined),
      onStderr: () => stop.request('interrupted'),
    })
    expect((await running).stderr).toContain(
      "2026-11-23T10:00:00.000Z cannot measure, trying again: group 'billing' does not exist",
    )
  })

  test.each([
    ['--sample', ['--watch', '--sample', '2s'], '--watch and --sample exclude each other'],
    ['--by-type', ['--watch', '--by-type'], '--watch and --by-type exclude each other'],
    ['--interval alone', ['--interval', '2s'], '--watch'],
    ['an invalid interval', ['--watch', '--interval', 'soon'], '--interval soon is not a duration'],
  ])('rejects %s', async (_, argv, message) => {
    const { exitCode, stderr, stdout } = await runCli(Lag, argv, { broker })
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
  })
})
