import type { SagaInstance, SagaReport } from '../../operations/sagas/list.ts'
import { sagasDocument } from '../../ui/sagas/saga-document.ts'
import { formatCounts, instanceColumns } from '../../ui/sagas/saga-table.ts'
import { sagaNoteText } from '../../ui/sagas/saga-words.ts'
import { readFlags, storeFlags, timeFlags } from '../base/flags.ts'
import { ListCommand } from '../lists/list-command.ts'
import { listFlags, parseSort } from '../lists/list-flags.ts'
import { readDescriptions } from './describe-sagas.ts'
import { reportSagas } from './report-sagas.ts'
import { descriptionsFlag, sinceFlag, toSince } from './saga-flags.ts'
import { placesOf } from './saga-places.ts'

/** Flags of commands that list conversations of sagas. */
export const sagaListFlags = {
  ...readFlags,
  store: storeFlags.store,
  ...listFlags,
  ...timeFlags,
  since: sinceFlag,
  descriptions: descriptionsFlag,
}

interface SagaListFlags {
  readonly descriptions?: string | undefined
  readonly since?: string | undefined
  readonly sort?: string | undefined
  readonly limit?: number | undefined
}

interface SagaList {
  readonly flags: SagaListFlags
  /** Names or globs of sagas. Empty: all that are described. */
  readonly patterns: readonly string[]
  readonly isWanted: (instance: SagaInstance, now: number) => boolean
  /** Says that no conversation is wanted. */
  readonly none: string
}

/** Base class of commands that list the conversations of sagas. */
export abstract class SagaListCommand extends ListCommand {
  /** Finds the conversations and prints those that are wanted. Returns the report and the wanted ones, also those beyond `--limit`. */
  protected async listInstances({ flags, patterns, isWanted, none }: SagaList) {
    const now = this.context.now()
    const order = await parseSort(flags.sort, instanceColumns(now, false))
    const since = toSince(flags.since, now)
    const places = placesOf(await this.configuration(), this.context, flags.descriptions)
    const files = await readDescriptions(places, patterns)
    const report = await this.#report(files, since, now)
    const wanted = report.instances.filter((instance) => isWanted(instance, now))
    if (report.sagas.length > 0) await this.print(`${formatCounts(report.sagas, this.tableWidth)}\n`)
    const shown = await this.printList({
      noun: 'conversations',
      items: wanted,
      columns: instanceColumns(now, this.context.io.color),
      order,
      limit: flags.limit,
      nameOf: ({ saga }) => saga,
      whyEmpty: () => (report.sagas.length === 0 ? undefined : none),
    })
    for (const note of report.notes) await this.notice(`note: ${sagaNoteText(note)}`)
    return { report, wanted, document: sagasDocument(report, shown) }
  }

  async #report(
    files: Awaited<ReturnType<typeof readDescriptions>>,
    since: number | undefined,
    now: number,
  ): Promise<SagaReport> {
    if (files.length === 0) return { at: now, sagas: [], instances: [], notes: [] }
    return reportSagas(await this.openBus(), await this.configuration(), this.context, {
      ...{ files, since, now, isStoreNamed: this.given.store !== undefined, isQuiet: this.isQuiet },
      notice: (text) => void this.notice(text),
    })
  }
}
