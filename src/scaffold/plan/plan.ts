import { addRustItem } from '../../rust/edit/add-item.ts'
import { addRustStatement } from '../../rust/edit/add-statement.ts'
import { formatJson, whyTooDeep } from '../layout/json-text.ts'
import { ScaffoldRefused } from '../refused.ts'
import { Budget, renderText, wordSwaps } from '../template/regions.ts'
import { renamer } from '../template/rename.ts'
import { holds, type Scope, TemplateError } from '../template/scope.ts'
import type { Edit, Generated, Json, Template } from '../template/template.ts'
import { fillJson, mergeJson } from '../template/template-json.ts'
import type { Edited } from './edit.ts'
import { editJson } from './edit-json.ts'
import { addListItem } from './edit-typescript.ts'
import { folded, whyNoTarget } from './target.ts'

type Content = string | Uint8Array

/** What would become of one file. */
export interface FilePlan {
  /** From the plan's root, with forward slashes. */
  readonly path: string
  /**
   * `create`: there is none. `keep`: it is as it would be. `changed`: it differs, and is overwritten only when that is
   * forced. `edit`: something is added to it. `by-hand`: something would be, but there is no place to see for it.
   */
  readonly action: 'create' | 'keep' | 'changed' | 'edit' | 'by-hand'
  readonly before: Content | undefined
  readonly after: Content
  readonly isExecutable: boolean
  /** What a person should know of it. */
  readonly notes: readonly string[]
}

export interface ScaffoldPlan {
  /** The folder the paths are in. */
  readonly root: string
  readonly files: readonly FilePlan[]
}

export interface ScaffoldRequest {
  readonly template: Template
  readonly scope: Scope
  readonly root: string
  /** The file as it is now; `undefined` when there is none. */
  readonly read: (path: string) => Uint8Array | undefined
  /** What `generate` of a file asks for. */
  readonly generated: Readonly<Record<Generated, () => string>>
}

/** What a template makes of the answers, held against what is there. Reads and changes nothing but through `read`. */
export function planScaffold(request: ScaffoldRequest): ScaffoldPlan {
  const { template } = request
  return blaming(template, 'template.json', () => planTemplate(request))
}

/** Does something with a part of a template; a mistake in it is said with its place. */
function blaming<T>({ folder }: Template, path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw new ScaffoldRefused(`the template in ${folder} has a mistake in ${path}: ${error.message}`, [
      'templates/README.md says how a template is written',
    ])
  }
}

function planTemplate(request: ScaffoldRequest): ScaffoldPlan {
  const { template, scope, root } = request
  const current = new Map<string, Content | undefined>()
  const read = (path: string): Content | undefined => {
    if (!current.has(path)) current.set(path, asText(request.read(path)))
    return current.get(path)
  }
  const rename = renamer(wordSwaps(scope, template.words))
  const files = new Map<string, FilePlan>()
  const taken = new Set<string>()
  for (const { path, content, isExecutable } of rendered(request)) {
    blaming(template, path, () => claim(taken, path))
    const before = read(path)
    const action = before === undefined ? 'create' : isSame(before, content) ? 'keep' : 'changed'
    files.set(path, { path, action, before, after: content, isExecutable, notes: [] })
  }
  for (const edit of template.edits) {
    if (edit.if !== undefined && !holds(scope, edit.if)) continue
    const path = rename(edit.file)
    blaming(template, `the edit of ${path}`, () => {
      refuseTarget(path)
      files.set(path, editPlan(edit, path, files.get(path), read(path), { scope, rename }))
    })
  }
  return { root, files: [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)) }
}

/** Takes a path for a file. Where case does not count, two that differ in it are one file. */
function claim(taken: Set<string>, path: string): void {
  if (taken.has(folded(path))) throw new TemplateError('two files of the template get this path')
  taken.add(folded(path))
}

function refuseTarget(path: string): void {
  const why = whyNoTarget(path)
  if (why !== undefined) throw new TemplateError(`'${path}' ${why}`)
}

/** A change to one file, with no template. */
export function planEdit(
  root: string,
  path: string,
  before: string | undefined,
  json: { readonly [key: string]: Json },
): ScaffoldPlan {
  const edit = { file: path, kind: 'json', json } as const
  return { root, files: [editPlan(edit, path, undefined, before, { scope: {}, rename: (text) => text })] }
}

interface Rendered {
  readonly path: string
  readonly content: Content
  readonly isExecutable: boolean
}

function* rendered({ template, scope, generated }: ScaffoldRequest): Generator<Rendered> {
  const { words, rules } = template
  const rename = renamer(wordSwaps(scope, words))
  const budget = new Budget()
  const trees = new Map(template.files.map((file) => [file.path, file]))
  for (const path of rules.keys()) {
    if (!trees.has(path)) trees.set(path, { path, content: '', isExecutable: false })
  }
  for (const { path, content, isExecutable } of trees.values()) {
    const rule = rules.get(path)
    const made = blaming(template, path, (): Rendered | undefined => {
      if (rule?.here || (rule?.if !== undefined && !holds(scope, rule.if))) return undefined
      const target = awake(rename(rule?.to ?? path))
      refuseTarget(target)
      const text = rule?.generate === undefined ? content : generated[rule.generate]()
      return { path: target, isExecutable, content: render(path, text, template.json.get(path)) }
    })
    if (made !== undefined) yield made
  }

  function render(path: string, content: Content, patch: { readonly [key: string]: Json } | undefined): Content {
    if (typeof content !== 'string') return content
    if (rules.get(path)?.generate !== undefined) return content
    if (!path.endsWith('.json')) return renderText(content, scope, words, budget)
    const json = fillJson(parseJson(content), scope, rename)
    return `${formatJson(patch === undefined ? json : mergeJson(json, fillJson(patch, scope, rename)))}\n`
  }
}

function parseJson(text: string): Json {
  const why = whyTooDeep(text)
  if (why !== undefined) throw new TemplateError(why)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TemplateError(`it is not JSON: ${(error as Error).message}`)
  }
}

/** Names that would do something in the template itself sleep under another: `_gitignore` is `.gitignore`. */
const awake = (path: string): string => path.replaceAll(/(?<=^|\/)_(?=[^/])/g, '.').replaceAll(/(?<=^|\/)\._/g, '_')

interface Words {
  readonly scope: Scope
  readonly rename: (text: string) => string
}

function editPlan(
  edit: Edit,
  path: string,
  planned: FilePlan | undefined,
  there: Content | undefined,
  words: Words,
): FilePlan {
  // What this very plan makes, or has edited already, is edited further.
  const isOwn = planned !== undefined && planned.action !== 'by-hand'
  const before = planned === undefined ? there : planned.before
  const text = isOwn ? planned.after : there
  const notes = [...(planned?.notes ?? [])]
  const base = { path, before, isExecutable: planned?.isExecutable ?? false }
  const answer = text === undefined || typeof text === 'string' ? carryOut(edit, text, words) : undefined
  if (answer === undefined || !answer.ok) {
    const reason = answer?.reason ?? 'it is no text'
    return {
      ...base,
      action: 'by-hand',
      after: text ?? '',
      notes: [...notes, `${reason}; add by hand: ${wish(edit, words)}`],
    }
  }
  notes.push(...answer.kept.map((what) => `${what} is there already and stays as it is`))
  const isAsItWas = typeof before === 'string' && before === answer.text
  const action =
    planned?.action === 'changed' ? 'changed' : isAsItWas ? 'keep' : before === undefined ? 'create' : 'edit'
  return { ...base, action, after: answer.text, notes }
}

function carryOut(edit: Edit, text: string | undefined, { scope, rename }: Words): Edited {
  switch (edit.kind) {
    case 'json':
      return editJson(text ?? '{}\n', fillJson(edit.json, scope, rename) as { readonly [key: string]: Json })
    case 'list': {
      if (text === undefined) return { ok: false, reason: 'there is no such file' }
      return addListItem(text, { list: edit.list, item: rename(edit.item), from: rename(edit.from) })
    }
    case 'rust': {
      const rust = rename(edit.rust)
      const added =
        edit.function === undefined ? addRustItem(text ?? '', rust) : addRustStatement(text ?? '', edit.function, rust)
      if (added !== undefined) return { ok: true, text: added, kept: [] }
      const what = edit.function === undefined ? 'it is not plain Rust' : `its '${edit.function}' has no call like it`
      return { ok: false, reason: what }
    }
  }
}

/** The edit as a person would make it. */
function wish(edit: Edit, { scope, rename }: Words): string {
  switch (edit.kind) {
    case 'json':
      return JSON.stringify(fillJson(edit.json, scope, rename))
    case 'list':
      return `${rename(edit.item)} of '${rename(edit.from)}', to ${edit.list}`
    case 'rust':
      return `${rename(edit.rust)}${edit.function === undefined ? '' : ` in '${edit.function}'`}`
  }
}

function asText(bytes: Uint8Array | undefined): Content | undefined {
  if (bytes === undefined) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return text.includes(0) ? bytes : text.toString('utf8')
}

const isSame = (a: Content, b: Content): boolean => Buffer.from(a as Uint8Array).equals(Buffer.from(b as Uint8Array))
