import { Chalk } from 'chalk'
import { cellWidth, padEndCells } from './text/cell-width.ts'
import { printable } from './text/printable.ts'

interface PlannedFile {
  readonly path: string
  readonly action: string
  readonly before: string | Uint8Array | undefined
  readonly after: string | Uint8Array
}

/** Formats the files of a plan as a tree, with the action for each file. */
export function formatScaffold(root: string, files: readonly PlannedFile[]): string {
  const lines = [
    ...treeLines(
      files.map(({ path, action }) => ({ steps: path.split('/'), action })),
      '',
    ),
  ]
  const width = lines.reduce((widest, { text }) => Math.max(widest, cellWidth(text)), 0)
  const body = lines.map(({ text, action }) => (action === undefined ? text : `${padEndCells(text, width)}  ${action}`))
  return `${[`${printable(root)}/`, ...body].join('\n')}\n`
}

interface Entry {
  readonly steps: readonly string[]
  readonly action: string
}

function* treeLines(entries: readonly Entry[], indent: string): Generator<{ text: string; action?: string }> {
  const byName = Map.groupBy(entries, ({ steps }) => steps[0] as string)
  let left = byName.size
  for (const [name, inside] of byName) {
    left -= 1
    const isLast = left === 0
    const [first] = inside
    const isFile = first?.steps.length === 1
    const text = `${indent}${isLast ? '└─' : '├─'} ${printable(name)}${isFile ? '' : '/'}`
    yield isFile ? { text, action: first.action } : { text }
    if (isFile) continue
    const deeper = inside.map(({ steps, action }) => ({ steps: steps.slice(1), action }))
    yield* treeLines(deeper, `${indent}${isLast ? '   ' : '│  '}`)
  }
}

/** Formats the changes of each file as unified diffs. */
export async function formatDifferences(files: readonly PlannedFile[], color: boolean): Promise<string> {
  const { structuredPatch } = await import('diff')
  const chalk = new Chalk({ level: color ? 1 : 0 })
  const paint = (line: string) => {
    const safe = printable(line)
    if (line.startsWith('+')) return chalk.green(safe)
    if (line.startsWith('-')) return chalk.red(safe)
    return line.startsWith('@@') ? chalk.cyan(safe) : safe
  }
  return files
    .map(({ path, before, after }) => {
      if (typeof before !== 'string' || typeof after !== 'string') return `${printable(path)}: binary content differs\n`
      const { hunks } = structuredPatch(path, path, before, after, undefined, undefined, { context: 2 })
      const lines = hunks.flatMap(({ oldStart, newStart, lines: own }) => [`@@ ${oldStart} → ${newStart} @@`, ...own])
      return `\n${[`--- ${path}, current`, `+++ ${path}, planned`, ...lines].map(paint).join('\n')}\n`
    })
    .join('')
}
