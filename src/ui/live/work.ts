import type { ScreenPorts, TailRequest } from './ports.ts'
import type { ScreenEvent, ScreenState } from './state/screen-state.ts'

interface WorkOptions {
  readonly ports: ScreenPorts
  readonly dispatch: (event: ScreenEvent) => void
  /** Puts a text on the clipboard of the terminal. */
  readonly copy: (text: string) => void
  /** Called with an error of the program. */
  readonly onError: (error: unknown) => void
}

interface ScreenWork {
  /** Begins and ends work, as the change of the state demands. */
  follow(before: ScreenState, after: ScreenState): void
  /** Ends the reading of events, and resolves when a change that has begun is finished. */
  end(): Promise<void>
}

/** Does what the state of the screen asks of the bus: reads events, makes and applies plans, and copies commands. */
export function screenWork({ ports, dispatch, copy, onError }: WorkOptions): ScreenWork {
  let reading = new AbortController()
  let applying: Promise<void> = Promise.resolve()

  const read = async (request: TailRequest, { signal }: AbortController) => {
    for await (const update of ports.tail(request, signal)) {
      if (signal.aborted) return
      dispatch({ type: 'tailed', request, update })
    }
  }
  return {
    follow(before, { tail, reset, copying }) {
      if (tail?.request !== before.tail?.request) {
        reading.abort()
        reading = new AbortController()
        if (tail !== undefined) read(tail.request, reading).catch(onError)
      }
      if (reset?.step === 'planning' && reset !== before.reset) {
        const { request } = reset
        ports.planReset(request).then((outcome) => dispatch({ type: 'planned', request, outcome }), onError)
      }
      if (reset?.step === 'applying' && before.reset?.step !== 'applying') {
        const { proposal } = reset
        applying = proposal.apply().then((outcome) => dispatch({ type: 'applied', proposal, outcome }), onError)
      }
      if (reset?.step === 'done' && before.reset?.step === 'applying') ports.measureNow()
      if (copying !== undefined && copying !== before.copying) {
        const line = 'line' in copying ? copying.line : ports.commandLine(copying.words)
        copy(line)
        dispatch({ type: 'copied', line })
      }
    },
    async end() {
      reading.abort()
      await applying
    },
  }
}
