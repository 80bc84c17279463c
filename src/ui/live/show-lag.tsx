import { render } from 'ink'
import type { NamedBus } from '../../operations/bus-identity.ts'
import type { LagUpdate } from '../../operations/lag/watch.ts'
import type { TimeZone } from '../text/format-time.ts'
import type { Io } from '../text/io.ts'
import { Dashboard } from './dashboard.tsx'
import { throttledFrames } from './frames.ts'
import { type DashboardEvent, initialState, reduce } from './state/dashboard-state.ts'
import type { Key } from './state/keys.ts'
import type { Size } from './state/layout.ts'
import { palette } from './text/palette.ts'

/** How long after its interval a measurement counts as late, which the screen reports. */
const LATE_AFTER_MS = 5000

export interface LagScreen {
  readonly io: Io
  /** Milliseconds between two measurements. */
  readonly interval: number
  /** The zone of the times on the screen. */
  readonly timeZone: TimeZone
  /** Returns the bus, to name it on the screen. */
  readonly bus: () => Promise<NamedBus | undefined>
  /** The text while there is no group. */
  readonly nothing: string
  /** Ends the screen. */
  readonly signal: AbortSignal
  /** Called for Ctrl-C, which a terminal in raw mode does not turn into a signal. */
  readonly onInterrupt: () => void
}

/**
 * Shows measurements on the alternate screen of the terminal until the user quits, the signal aborts or a measurement throws.
 * Then restores the terminal. While the user has paused the screen, requests no further measurement.
 */
export async function showLag(updates: AsyncIterable<LagUpdate>, screen: LagScreen): Promise<void> {
  const { io, interval, nothing, signal, onInterrupt } = screen
  const iterator = updates[Symbol.asyncIterator]()
  // A failure at the start is reported without a screen.
  const first = await iterator.next()
  if (first.done || signal.aborted) return
  const { stdin, stdout } = io
  const colors = palette(io.color)
  const ended = Promise.withResolvers<void>()
  let resumed = Promise.withResolvers<void>()
  let state = reduce(initialState(sizeOf(stdout), await screen.bus(), screen.timeZone), {
    type: 'measured',
    update: first.value,
  })

  const dashboard = () => <Dashboard state={state} palette={colors} nothing={nothing} onKey={onKey} />
  const dispatch = (event: DashboardEvent) => {
    const before = state
    state = reduce(before, event)
    if (state === before) return
    if (state.isDone) ended.resolve()
    if (!state.isPaused) resumed.resolve()
    frames.request()
  }
  const onKey = (key: Key) => (key === 'interrupt' ? onInterrupt() : dispatch({ type: 'pressed', key }))
  const onResize = () => {
    dispatch({ type: 'resized', size: sizeOf(stdout) })
    // Draw at once, before ink draws a frame for the old size.
    instance.rerender(dashboard())
  }
  const follow = async () => {
    for (;;) {
      const late = setTimeout(() => dispatch({ type: 'late' }), interval + LATE_AFTER_MS)
      const next = await iterator.next().finally(() => clearTimeout(late))
      if (next.done) return
      if (state.isPaused) {
        resumed = Promise.withResolvers()
        await resumed.promise
      }
      dispatch({ type: 'measured', update: next.value })
    }
  }

  stdout.on('resize', onResize)
  const instance = render(dashboard(), {
    stdin: stdin as NodeJS.ReadStream,
    stdout: stdout as NodeJS.WriteStream,
    alternateScreen: true,
    exitOnCtrlC: false,
    // Also under CI, if there is a terminal.
    interactive: true,
    patchConsole: false,
  })
  const frames = throttledFrames(() => instance.rerender(dashboard()))
  const onAbort = () => ended.resolve()
  signal.addEventListener('abort', onAbort)
  try {
    await Promise.race([ended.promise, follow(), instance.waitUntilExit()])
  } finally {
    signal.removeEventListener('abort', onAbort)
    stdout.off('resize', onResize)
    frames.stop()
    // Clear the screen first: in tmux 3.3, part of a full one remains on the normal screen after a resize.
    instance.rerender(null)
    instance.unmount()
    await instance.waitUntilExit()
  }
}

/** Returns the size of the terminal. Some terminals report 0. */
const sizeOf = ({ columns, rows }: Io['stdout']): Size => ({ columns: columns || 80, rows: rows || 24 })
