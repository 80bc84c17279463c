import type { PageElement } from './dom.ts'
import type { Elements } from './elements.ts'

/**
 * Shows a JSON value as a tree that can be folded. Parts that are folded are created when they are opened. Runs in the browser, so it
 * refers to nothing outside of itself.
 */
export function jsonTree({ html }: Elements, root: unknown): PageElement {
  /** Values below this level are folded at first. */
  const openLevels = 2
  /** The entries that are shown at once. */
  const maxEntries = 200
  const maxText = 20_000

  const scalar = (value: unknown): PageElement => {
    const kind = value === null ? 'null' : typeof value
    const text = JSON.stringify(value) ?? 'undefined'
    return html('span', `json-${kind}`, text.length > maxText ? `${text.slice(0, maxText)}…` : text)
  }
  const show = (value: unknown, name: string | undefined, level: number): PageElement => {
    const label = name === undefined ? undefined : html('span', 'json-key', `${name}: `)
    if (typeof value !== 'object' || value === null) return html('div', 'json-line', label, scalar(value))
    const isArray = Array.isArray(value)
    const entries = Object.entries(value)
    if (entries.length === 0) return html('div', 'json-line', label, html('span', 'json-null', isArray ? '[]' : '{}'))
    const count = isArray ? `[${entries.length}]` : `{${entries.length}}`
    const body = html('div', 'json-body')
    const details = html('details', 'json', html('summary', '', label, html('span', 'json-null', count)), body)
    let shown = 0
    const more = (): void => {
      const next = entries.slice(shown, shown + maxEntries)
      shown += next.length
      for (const [key, own] of next) body.append(show(own, key, level + 1))
      if (shown >= entries.length) return
      const button = html('button', 'quiet', `${entries.length - shown} more`)
      button.setAttribute('type', 'button')
      button.addEventListener('click', () => {
        button.remove()
        more()
      })
      body.append(button)
    }
    if (level < openLevels) {
      details.open = true
      more()
    } else {
      details.addEventListener('toggle', () => {
        if (shown === 0) more()
      })
    }
    return details
  }
  return show(root, undefined, 0)
}
