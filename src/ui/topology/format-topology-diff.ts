import { Chalk } from 'chalk'
import type { TopologyChange } from '../../operations/topology/diff.ts'
import { printable } from '../text/printable.ts'

export type TopologyDiffDocument = ReturnType<typeof topologyDiffDocument>

/** Returns the JSON document of the changes between two topologies. */
export const topologyDiffDocument = (old: string, after: string, changes: readonly TopologyChange[]) => ({
  old,
  new: after,
  changes: changes.map((change) => ({ ...change, message: changeText(change) })),
  breaks: changes.some(({ breaks }) => breaks),
})

/** Formats the changes, one line each: `-` for what was removed, `+` for what was added, `!` for a change that breaks something. */
export function formatTopologyDiff(changes: readonly TopologyChange[], color: boolean): string {
  if (changes.length === 0) return 'no changes\n'
  const chalk = new Chalk({ level: color ? 1 : 0 })
  return changes
    .map((change) => {
      const mark = change.breaks ? chalk.red('BREAKS') : change.change === 'added' ? chalk.green('added ') : 'removed'
      return `${mark}  ${printable(changeText(change))}\n`
    })
    .join('')
}

/** Returns the sentence of a change. Names in it are texts of strangers. */
function changeText(change: TopologyChange): string {
  const was = change.change === 'added' ? 'is new' : 'was removed'
  switch (change.kind) {
    case 'topic':
      return `topic ${change.topic} ${was}`
    case 'type':
      return `event type ${change.eventType} of ${change.topic} ${was}`
    case 'consumer': {
      const { eventType, topic, consumer } = change
      const verb = change.change === 'added' ? 'now' : 'no longer'
      return eventType === undefined
        ? `${consumer} ${verb} reads ${topic}`
        : `${consumer} ${verb} consumes ${eventType} of ${topic}`
    }
    case 'flow': {
      const { from, to } = change
      return `${from.eventType} of ${from.topic} ${change.change === 'added' ? 'now causes' : 'no longer causes'} ${to.eventType} on ${to.topic}`
    }
  }
}
