import type { NamedBus } from '../operations/bus-identity.ts'
import type { LagReport } from '../operations/lag/report.ts'
import type { LagVerdict } from '../operations/lag/verdict.ts'
import { formatLagWatch } from './format-lag-watch.ts'
import { lagDocument, lagNotes } from './notes/lag-notes.ts'
import { stringifyJson } from './text/json.ts'

interface ReportLines {
  /** For stdout: a line per group, or one JSON document. */
  readonly text: string
  /** For stderr. */
  readonly notices: readonly string[]
}

/** Formats the reports of `lag --watch` as lines, for output without a live screen. Leaves out notices that have not changed. */
export class LagWatchLines {
  readonly #isJson: boolean
  readonly #noGroups: string
  #wasEmpty = false
  #verdicts: ReadonlyMap<string, LagVerdict | undefined> = new Map()

  /** `noGroups` is the notice for a report without groups. */
  constructor({ isJson, noGroups }: { readonly isJson: boolean; readonly noGroups: string }) {
    this.#isJson = isJson
    this.#noGroups = noGroups
  }

  /** Formats the next report. `time` is in milliseconds. `bus` is for the JSON document. */
  format(report: LagReport, time: number, bus: NamedBus | undefined): ReportLines {
    const isEmpty = report.groups.length === 0
    const empty = isEmpty && !this.#wasEmpty ? [this.#noGroups] : []
    this.#wasEmpty = isEmpty
    const verdicts = this.#verdicts
    // The ages in notes change with every report, so a note is repeated only if the verdict changes.
    const groups = report.groups.filter(({ group, verdict }) => !verdicts.has(group) || verdicts.get(group) !== verdict)
    this.#verdicts = new Map(report.groups.map(({ group, verdict }) => [group, verdict]))
    return {
      text: this.#isJson
        ? `${stringifyJson({ time: new Date(time).toISOString(), ...lagDocument(report, time), bus })}\n`
        : formatLagWatch(report, time),
      notices: [...empty, ...lagNotes({ groups }, time, 'utc').map((note) => `note: ${note}`)],
    }
  }
}
