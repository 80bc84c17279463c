import { render } from 'ink'
import type { LagWatchLook } from '../../operations/lag/watch.ts'
import type { Io } from '../text/io.ts'
import { Dashboard } from './dashboard.tsx'
import { type DashboardEvent, initialState, reduce } from './dashboard-state.ts'
import { framesOf } from './frames.ts'
import type { Key } from './keys.ts'
import type { Size } from './layout.ts'
import { palette } from './palette.ts'

/** Milliseconds a look may take before it is said to. */
const PATIENCE = 5000

export interface LagScreen {
  readonly io: Io
  /** Milliseconds between two looks. */
  readonly interval: number
  /** Said while there is no group. */
  readonly nothing: string
  /** Ends it. */
  readonly signal: AbortSignal
  /** Ctrl-C, which a terminal that passes on every key does not make a signal of. */
  readonly onInterrupt: () => void
}

/**
 * Shows looks on a screen of their own until somebody quits, the signal aborts or a look is thrown. The terminal is
 * then as it was before. While it is paused it asks for no looks.
 */
export async function showLag(looks: AsyncIterable<LagWatchLook>, screen: LagScreen): Promise<void> {
  const { io, interval, nothing, signal, onInterrupt } = screen
  const iterator = looks[Symbol.asyncIterator]()
  // What fails at once is better said without a screen.
  const first = await iterator.next()
  if (first.done || signal.aborted) return
  const { stdin, stdout } = io
  const colors = palette(io.color)
  const ended = Promise.withResolvers<void>()
  let resumed = Promise.withResolvers<void>()
  let state = reduce(initialState(sizeOf(stdout)), { type: 'looked', look: first.value })

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
    // Before ink draws what was meant for another size.
    instance.rerender(dashboard())
  }
  const follow = async () => {
    for (;;) {
      const late = setTimeout(() => dispatch({ type: 'late' }), interval + PATIENCE)
      const next = await iterator.next().finally(() => clearTimeout(late))
      if (next.done) return
      if (state.isPaused) {
        resumed = Promise.withResolvers()
        await resumed.promise
      }
      dispatch({ type: 'looked', look: next.value })
    }
  }

  stdout.on('resize', onResize)
  const instance = render(dashboard(), {
    stdin: stdin as NodeJS.ReadStream,
    stdout: stdout as NodeJS.WriteStream,
    alternateScreen: true,
    exitOnCtrlC: false,
    // Under CI, too, when there is a terminal.
    interactive: true,
    patchConsole: false,
  })
  const frames = framesOf(() => instance.rerender(dashboard()))
  const onAbort = () => ended.resolve()
  signal.addEventListener('abort', onAbort)
  try {
    await Promise.race([ended.promise, follow(), instance.waitUntilExit()])
  } finally {
    signal.removeEventListener('abort', onAbort)
    stdout.off('resize', onResize)
    frames.stop()
    // Left full, some of it stays on the first screen of a tmux (3.3) that was resized meanwhile.
    instance.rerender(null)
    instance.unmount()
    await instance.waitUntilExit()
  }
}

/** Some terminals say that they have no size. */
const sizeOf = ({ columns, rows }: Io['stdout']): Size => ({ columns: columns || 80, rows: rows || 24 })
