import { render } from 'ink'
import type { NamedBus } from '../../operations/bus-identity.ts'
import type { TimeZone } from '../text/format-time.ts'
import type { Io } from '../text/io.ts'
import { throttledFrames } from './frames.ts'
import { Keyboard } from './keyboard.tsx'
import { lineScreen } from './line-screen.ts'
import { screenLines } from './lines/screen-lines.ts'
import type { ScreenPorts } from './ports.ts'
import type { Key } from './state/keys.ts'
import type { Size } from './state/layout.ts'
import { initialScreen, reduceScreen, type ScreenEvent, type ScreenState } from './state/screen-state.ts'
import type { ViewName } from './state/view-names.ts'
import { palette } from './text/palette.ts'
import { screenWork } from './work.ts'

/** How long after its interval a measurement counts as late, which the screen reports. */
const LATE_AFTER_MS = 3000

export interface ScreenOptions {
  readonly io: Io
  /** The view to begin with. */
  readonly view: ViewName
  /** Milliseconds between two measurements. */
  readonly interval: number
  /** Returns the bus, to name it on the screen. */
  readonly bus: () => Promise<NamedBus | undefined>
  /** The texts while there is no group, no topic, and no description of a saga. */
  readonly nothing: Readonly<Record<ViewName, string>>
  /** Whether the user named the groups to show. */
  readonly areGroupsNamed: boolean
  /** The zone of the times on the screen. */
  readonly timeZone: TimeZone
  /** Ends the screen. */
  readonly signal: AbortSignal
  /** Called for Ctrl-C, which a terminal in raw mode does not turn into a signal. */
  readonly onInterrupt: () => void
}

/**
 * Shows the bus on the alternate screen of the terminal until the user quits, the signal aborts or the bus throws. Then restores
 * the terminal. While the user has paused the screen, requests no further measurement. Finishes a change that has begun.
 * Resolves with the changes that were made, as sentences.
 */
export async function showScreen(ports: ScreenPorts, options: ScreenOptions): Promise<readonly string[]> {
  const { io, view, interval, nothing, areGroupsNamed, timeZone, signal, onInterrupt } = options
  const groups = ports.groups[Symbol.asyncIterator]()
  // A failure at the start is reported without a screen.
  const first = await groups.next()
  if (first.done || signal.aborted) return []
  const { stdin, stdout } = io
  const colors = palette(io.color)
  const ended = Promise.withResolvers<void>()
  const start = initialScreen(sizeOf(stdout), { view, bus: await options.bus(), areGroupsNamed, timeZone })
  let state = reduceScreen(start, { type: 'measured', update: first.value })
  const changes: string[] = []
  /** Called after each change of the state. */
  const waiting = new Set<() => void>()

  const screen = lineScreen((text) => stdout.write(text))
  let canType = true
  const draw = () => screen.draw(screenLines(state, { nothing, canType }, colors))
  const dispatch = (event: ScreenEvent) => {
    const before = state
    state = reduceScreen(before, event)
    if (state === before) return
    if (event.type === 'applied' && event.outcome.ok) changes.push(event.outcome.text)
    if (state.dashboard.isDone) ended.resolve()
    for (const check of waiting) check()
    work.follow(before, state)
    frames.request()
  }
  const onKey = (key: Key) => (key === 'interrupt' ? onInterrupt() : dispatch({ type: 'pressed', key }))
  const onResize = () => {
    dispatch({ type: 'resized', size: sizeOf(stdout) })
    // What the terminal shows after a resize depends on the terminal, so write everything again.
    screen.clear()
    draw()
  }
  /** Resolves when the state meets a condition. */
  const until = (isMet: (state: ScreenState) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = () => {
        if (!isMet(state)) return
        waiting.delete(check)
        resolve()
      }
      waiting.add(check)
      check()
    })
  const isRunning = ({ dashboard }: ScreenState) => !dashboard.isPaused
  const followGroups = async () => {
    for (;;) {
      const late = setTimeout(() => dispatch({ type: 'late' }), interval + LATE_AFTER_MS)
      const next = await groups.next().finally(() => clearTimeout(late))
      if (next.done) return
      await until(isRunning)
      dispatch({ type: 'measured', update: next.value })
    }
  }
  /** Takes the updates of a view while it is shown, one at a time. */
  const followView = async <Update,>(
    view: ViewName,
    updates: AsyncIterable<Update>,
    eventOf: (update: Update) => ScreenEvent,
  ) => {
    const iterator = updates[Symbol.asyncIterator]()
    for (;;) {
      await until((now) => isRunning(now) && now.view === view)
      const next = await iterator.next()
      if (next.done) return
      dispatch(eventOf(next.value))
    }
  }
  const followViews = () => [
    followView('topics', ports.topics, (update) => ({ type: 'topics', update })),
    followView('sagas', ports.sagas, (update) => ({ type: 'sagas', update })),
  ]

  const copy = (text: string) => stdout.write(`\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`)
  const work = screenWork({ ports, dispatch, copy, onError: ended.reject })
  stdout.on('resize', onResize)
  const onReady = (isTerminal: boolean) => {
    canType = isTerminal
  }
  const instance = render(<Keyboard onKey={onKey} onReady={onReady} />, {
    stdin: stdin as NodeJS.ReadStream,
    stdout: stdout as NodeJS.WriteStream,
    alternateScreen: true,
    exitOnCtrlC: false,
    // Also under CI, if there is a terminal.
    interactive: true,
    patchConsole: false,
  })
  const frames = throttledFrames(draw)
  screen.clear()
  draw()
  const onAbort = () => ended.resolve()
  signal.addEventListener('abort', onAbort)
  try {
    await Promise.race([ended.promise, followGroups(), ...followViews(), instance.waitUntilExit()])
  } finally {
    await work.end()
    signal.removeEventListener('abort', onAbort)
    stdout.off('resize', onResize)
    frames.stop()
    // Clear the screen first: in tmux 3.3, part of a full one remains on the normal screen after a resize.
    screen.clear()
    instance.unmount()
    await instance.waitUntilExit()
  }
  return changes
}

/** Returns the size of the terminal. Some terminals report 0. */
const sizeOf = ({ columns, rows }: Io['stdout']): Size => ({ columns: columns || 80, rows: rows || 24 })
