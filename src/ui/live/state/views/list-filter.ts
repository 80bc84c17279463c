import type { Key } from '../keys.ts'

/** The filter of a list, and what keys do: control the list, or type the filter. */
export interface ListFilter {
  readonly mode: 'list' | 'filter'
  readonly filter: string
}

/** Returns the filter after a key; `undefined` if the key does not change it, but may move in the list. */
export function filterAfter({ mode, filter }: ListFilter, key: Key): ListFilter | undefined {
  if (mode === 'filter') {
    if (typeof key !== 'string') return { mode, filter: filter + key.text }
    if (key === 'enter') return { mode: 'list', filter }
    if (key === 'escape') return { mode: 'list', filter: '' }
    return key === 'backspace' ? { mode, filter: [...filter].slice(0, -1).join('') } : undefined
  }
  if (key === 'escape') return filter === '' ? undefined : { mode, filter: '' }
  return typeof key !== 'string' && key.text === '/' ? { mode: 'filter', filter } : undefined
}
