import type { NamedBus } from '../../../operations/bus-identity.ts'
import type { ScreenState } from '../state/screen-state.ts'
import { viewNames } from '../state/view-names.ts'
import { cutMiddle, joined, plain, type StyledText, spread } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'

/** The cells of the views and of the space around them. */
const VIEW_CELLS = 33
/** The first characters of a cluster id, which distinguish clusters well enough. */
const ID_CHARS = 8

/** Returns the line below the title: the views with their keys, and the bus. The bus is red if a profile guards it. */
export function busLine({ view, dashboard: { bus } }: ScreenState, palette: Palette, width: number): string {
  const views = viewNames.flatMap((name, at): StyledText[] => [
    { text: `${at + 1} ${name}`, paint: name === view ? palette.title : palette.quiet },
    { text: '  ' },
  ])
  if (bus === undefined) return joined(views, width)
  const paint = bus.guard === undefined ? palette.quiet : palette.trouble
  return spread(views, [{ text: cutMiddle(busText(bus), Math.max(0, width - VIEW_CELLS)), paint }], width)
}

/** Names a bus: `prod: kafka-1:9092 (cluster 5L6g3nSh), protected`. */
function busText({ kind, clusterId, profile, brokers, guard }: NamedBus): string {
  const name = profile === undefined ? '' : `${profile}: `
  const cluster = brokers === undefined || clusterId === undefined ? '' : ` (cluster ${clusterId.slice(0, ID_CHARS)})`
  return `${name}${brokers ?? kind}${cluster}${guard === undefined ? '' : `, ${guard}`}`
}

/** The name of the bus in a title, where there is no line for it: the profile, else the brokers, else the file. */
export function shortBusName(bus: NamedBus | undefined, palette: Palette): readonly StyledText[] {
  const name = bus?.profile ?? bus?.brokers ?? bus?.kind
  if (name === undefined) return []
  const paint = bus?.guard === undefined ? plain : palette.trouble
  return [{ text: '  ' }, { text: cutMiddle(name, MAX_NAME_CELLS), paint }]
}

const MAX_NAME_CELLS = 24
