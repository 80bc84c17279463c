import { applyEdits, findNodeAtLocation, modify, type ParseError, parse, parseTree } from 'jsonc-parser'
import type { Json } from '../layout/json-text.ts'
import { leavesOf } from '../template/template-json.ts'
import type { Edited } from './edit.ts'

/**
 * Adds the keys of a patch that a JSON file does not have. Keeps everything else, including white space and existing values that
 * differ from the patch, because the file belongs to the user.
 */
export function editJson(text: string, patch: { readonly [key: string]: Json }): Edited {
  const errors: ParseError[] = []
  const json: unknown = parse(text, errors)
  if (errors.length > 0 || typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { ok: false, reason: 'the file is not a JSON object' }
  }
  let edited = text
  const kept: string[] = []
  for (const { path, value } of leavesOf(patch)) {
    const present = presentValue(edited, path)
    if (present === 'absent') {
      const tabSize = indentOf(edited)
      edited = applyEdits(
        edited,
        modify(edited, [...path], value, { formattingOptions: { insertSpaces: true, tabSize, eol: '\n' } }),
      )
    } else if (present !== JSON.stringify(value)) kept.push(path.join('.'))
  }
  return { ok: true, text: edited, kept }
}

/** Returns the value at a path as JSON text, or `absent` if a value can be added there, or the type of a value that prevents it. */
function presentValue(text: string, path: readonly string[]): string {
  const tree = parseTree(text)
  if (tree === undefined) return 'absent'
  for (let length = 1; length <= path.length; length += 1) {
    const node = findNodeAtLocation(tree, path.slice(0, length))
    if (node === undefined) return 'absent'
    // A value on the path that is not an object cannot contain the rest of the path.
    if (length < path.length && node.type !== 'object') return node.type
    if (length === path.length) return JSON.stringify(parse(text.slice(node.offset, node.offset + node.length)))
  }
  return 'absent'
}

const indentOf = (text: string): number => /\n( +)"/.exec(text)?.[1]?.length ?? 2
