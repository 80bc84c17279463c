import { matchesSome } from '../../bus/names/glob.ts'
import { formatList, type ListColumn, type SortOrder } from '../../ui/text/list-columns.ts'
import { listed } from '../../ui/text/listed.ts'
import { BaseCommand } from '../base/base-command.ts'
import { hideArguments } from '../process/hide-arguments.ts'
import { arrangeItems } from './list-flags.ts'

/** The most patterns and similar names that a notice names. */
const MAX_NAMES = 3

interface List<Item> {
  /** Plural, such as `topics`. */
  readonly noun: string
  readonly items: readonly Item[]
  readonly columns: readonly ListColumn<Item>[]
  /** Absent: the order of `items`. */
  readonly order: SortOrder<Item> | undefined
  /** The most items to print. */
  readonly limit: number | undefined
  /** Returns the name that patterns match. */
  readonly nameOf: (item: Item) => string
  /** Names or globs with `*` and `?`. Absent or empty: all items. */
  readonly patterns?: readonly string[]
  /** Returns why `items` is empty, and what to type next; `undefined` if that was said. */
  readonly whyEmpty: () => string | undefined | Promise<string | undefined>
}

/** Base class of commands that print a list: patterns, `--sort`, `--limit` and `--wide` mean the same in all of them. */
export abstract class ListCommand extends BaseCommand {
  /** Prints the items that match. Returns those that were printed. If there are none, one sentence says why. */
  protected async printList<Item>(list: List<Item>): Promise<readonly Item[]> {
    const { noun, items, columns, order, limit, nameOf, patterns = [] } = list
    const isWanted = matchesSome(patterns)
    const matching = items.filter((item) => isWanted(nameOf(item)))
    const { shown, notice } = arrangeItems(matching, { order, limit, noun })
    if (shown.length > 0) await this.print(formatList(columns, shown, this.tableWidth))
    else await this.#sayWhyEmpty(list)
    if (notice !== undefined) await this.notice(notice)
    return shown
  }

  async #sayWhyEmpty<Item>({ noun, items, nameOf, patterns = [], whyEmpty }: List<Item>): Promise<void> {
    if (items.length === 0) {
      const why = await whyEmpty()
      if (why !== undefined) await this.notice(why)
      return
    }
    const { namesLike } = await import('../../bus/names/names-like.ts')
    const similar = [...new Set(patterns.flatMap((pattern) => namesLike(pattern, items.map(nameOf))))]
    const next =
      similar.length === 0 ? 'without a pattern, all are listed' : `did you mean ${listed(similar, MAX_NAMES)}?`
    const text = `none of ${items.length} ${noun} matches ${listed(patterns, MAX_NAMES)}; ${next}`
    await this.notice(hideArguments(text, this.argv))
  }
}
