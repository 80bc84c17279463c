/** Draws frames on request, at a limited rate. */
export interface Frames {
  request(): void
  /** Ends all drawing. */
  stop(): void
}

/** The shortest time between two frames. */
const MIN_INTERVAL_MS = 80
/** The longest time between two frames, even if drawing is slow. */
const MAX_INTERVAL_MS = 250

/** Drawing takes at most this share of the time, so that holding a key down costs the same on a large screen. */
const MAX_DRAWING_SHARE = 1 / 16

/** Calls `draw` at once if the last frame is long enough ago. Otherwise calls it later, once for all requests until then. */
export function throttledFrames(draw: () => void): Frames {
  let earliestNext = -Infinity
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const drawNow = () => {
    timer = undefined
    const start = performance.now()
    draw()
    const took = performance.now() - start
    earliestNext = start + Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, took / MAX_DRAWING_SHARE))
  }
  return {
    request() {
      if (timer !== undefined || isStopped) return
      const wait = earliestNext - performance.now()
      if (wait <= 0) drawNow()
      else timer = setTimeout(drawNow, wait)
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
