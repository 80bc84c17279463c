export interface Frames {
  request(): void
  /** Nothing is drawn any more. */
  stop(): void
}

/** Milliseconds between two frames: at least, where drawing is quick, and at most, however slow it is. */
const SHORTEST = 80
const LONGEST = 250

/** A frame may take this part of the time until the next: what a held key costs does not depend on the screen's size. */
const SHARE = 1 / 16

/** Draws at once when there has been time for it since the last frame, else when there has: once for all requests. */
export function framesOf(draw: () => void): Frames {
  let next = -Infinity
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const drawNow = () => {
    timer = undefined
    const start = performance.now()
    draw()
    const took = performance.now() - start
    next = start + Math.min(LONGEST, Math.max(SHORTEST, took / SHARE))
  }
  return {
    request() {
      if (timer !== undefined || isStopped) return
      const wait = next - performance.now()
      if (wait <= 0) drawNow()
      else timer = setTimeout(drawNow, wait)
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
