import { applyEdits, findNodeAtLocation, modify, type ParseError, parse, parseTree } from 'jsonc-parser'
import type { Json } from '../template/template.ts'
import { leavesOf } from '../template/template-json.ts'
import type { Edited } from './edit.ts'

/**
 * Sets what a JSON file lacks and leaves all the rest as it is, to the last space. What it has already stays, whatever
 * the patch says: it is somebody's.
 */
export function editJson(text: string, patch: { readonly [key: string]: Json }): Edited {
  const errors: ParseError[] = []
  const json: unknown = parse(text, errors)
  if (errors.length > 0 || typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { ok: false, reason: 'it is not a JSON object' }
  }
  let edited = text
  const kept: string[] = []
  for (const { path, value } of leavesOf(patch)) {
    const why = whyNotSet(edited, path)
    if (why === 'absent') {
      const tabSize = indentOf(edited)
      edited = applyEdits(
        edited,
        modify(edited, [...path], value, { formattingOptions: { insertSpaces: true, tabSize, eol: '\n' } }),
      )
    } else if (why !== JSON.stringify(value)) kept.push(path.join('.'))
  }
  return { ok: true, text: edited, kept }
}

/** The value that is there, as JSON; `absent` when there is room for one. */
function whyNotSet(text: string, path: readonly string[]): string {
  const tree = parseTree(text)
  if (tree === undefined) return 'absent'
  for (let length = 1; length <= path.length; length += 1) {
    const node = findNodeAtLocation(tree, path.slice(0, length))
    if (node === undefined) return 'absent'
    // Something else stands where the path goes on.
    if (length < path.length && node.type !== 'object') return node.type
    if (length === path.length) return JSON.stringify(parse(text.slice(node.offset, node.offset + node.length)))
  }
  return 'absent'
}

const indentOf = (text: string): number => /\n( +)"/.exec(text)?.[1]?.length ?? 2
