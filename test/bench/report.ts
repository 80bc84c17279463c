import type { Outcome } from './measure.ts'

/** A line of the closing table. */
export interface Line {
  readonly name: string
  readonly peer: string
  readonly crbus: string
  /** Of speeds, or of times where times are compared. */
  readonly ratio?: number | undefined
  readonly target?: Target | undefined
}

export interface Target {
  readonly says: string
  readonly isMet: boolean
}

export const ratioAtLeast = (bound: number, ratio: number): Target => ({
  says: `≥ ${bound}×`,
  isMet: ratio >= bound,
})

export const ratioAtMost = (bound: number, ratio: number): Target => ({ says: `≤ ${bound}×`, isMet: ratio <= bound })

export const speedRatio = (own: Outcome, peer: Outcome): number => peer.seconds / own.seconds
export const timeRatio = (own: Outcome, peer: Outcome): number => own.seconds / peer.seconds

interface Against {
  readonly show: (outcome: Outcome) => string
  readonly ratio: (own: Outcome, peer: Outcome) => number
  readonly target?: (ratio: number, peer: string) => Target | undefined
}

/** crbus beside each of the others; alone when there are none. */
export function against(
  name: string,
  own: Outcome,
  others: readonly Outcome[],
  { show, ratio, target }: Against,
): readonly Line[] {
  const crbus = show(own)
  if (others.length === 0) return [{ name, peer: '', crbus }]
  return others.map((peer) => {
    const value = ratio(own, peer)
    return { name, peer: `${peer.name}: ${show(peer)}`, crbus, ratio: value, target: target?.(value, peer.name) }
  })
}

export const rateAtLeast = (perSecond: number, count: number, { seconds }: Outcome): Target => ({
  says: `≥ ${perSecond / 1000} k/s`,
  isMet: count / seconds >= perSecond,
})

/** `412 k/s, 20 MB` */
export const formatRate = (count: number, { seconds, peakMb }: Outcome): string =>
  `${(count / seconds / 1000).toFixed(0)} k/s${peakMb === undefined ? '' : `, ${peakMb.toFixed(0)} MB`}`

export const formatTime = ({ seconds }: Outcome): string => `${(seconds * 1000).toFixed(0)} ms`

export function formatTable(lines: readonly Line[]): string {
  const rows = lines.map(({ name, peer, crbus, ratio, target }) => [
    name,
    peer,
    crbus,
    ratio === undefined ? '' : `${ratio.toFixed(2)}×`,
    target?.says ?? '',
    target === undefined ? '' : target.isMet ? 'yes' : 'NO',
  ])
  const head = ['name', 'peer', 'crbus', 'ratio', 'target', 'met?']
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}
