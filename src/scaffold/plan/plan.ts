import { compareText } from '../../bus/compare.ts'
import { addRustItem } from '../../rust/edit/add-item.ts'
import { addRustStatement } from '../../rust/edit/add-statement.ts'
import { scaffoldHints } from '../hints.ts'
import { formatJson, type Json, whyTooDeep } from '../layout/json-text.ts'
import { ScaffoldRefused } from '../refused.ts'
import type { Edit, Generated, Template } from '../template/manifest.ts'
import { Budget, renderText, wordSwaps } from '../template/regions.ts'
import { renamer } from '../template/rename.ts'
import { holds, type Scope, TemplateError } from '../template/scope.ts'
import { fillJson, mergeJson } from '../template/template-json.ts'
import type { Edited } from './edit.ts'
import { editJson } from './edit-json.ts'
import { addListItem } from './edit-typescript.ts'
import { folded, whyNoTarget } from './target.ts'

type Content = string | Uint8Array

/** The plan for one file. */
export interface FilePlan {
  /** Relative to the root of the plan, with forward slashes. */
  readonly path: string
  /**
   * `create`: the file does not exist. `keep`: it already has this content. `changed`: it differs, and is overwritten only if
   * forced. `edit`: the plan adds something to it. `by-hand`: something must be added, but crbus does not find where.
   */
  readonly action: 'create' | 'keep' | 'changed' | 'edit' | 'by-hand'
  readonly before: Content | undefined
  readonly after: Content
  readonly isExecutable: boolean
  /** Remarks for the user. */
  readonly notes: readonly string[]
}

export interface ScaffoldPlan {
  /** The folder that the paths are relative to. */
  readonly root: string
  readonly files: readonly FilePlan[]
}

export interface ScaffoldRequest {
  readonly template: Template
  readonly scope: Scope
  readonly root: string
  /** Reads the current content of a file. Returns `undefined` if the file does not exist. */
  readonly read: (path: string) => Uint8Array | undefined
  /** Makes the files that a template requests with `generate`. */
  readonly generated: Readonly<Record<Generated, () => string>>
}

/** Renders a template with the answers, and compares the result with the existing files. Has no side effects except `read`. */
export function planScaffold(request: ScaffoldRequest): ScaffoldPlan {
  const { template } = request
  return withLocation(template, 'template.json', () => planTemplate(request))
}

/** Runs `work` on a part of a template, and reports a mistake in the template with its location. */
function withLocation<T>({ folder }: Template, path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw new ScaffoldRefused(`the template in ${folder} has a mistake in ${path}: ${error.message}`, [
      scaffoldHints.advice('see templates/README.md for the format of templates'),
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
    withLocation(template, path, () => claim(taken, path))
    const before = read(path)
    const action = before === undefined ? 'create' : isSame(before, content) ? 'keep' : 'changed'
    files.set(path, { path, action, before, after: content, isExecutable, notes: [] })
  }
  for (const edit of template.edits) {
    if (edit.if !== undefined && !holds(scope, edit.if)) continue
    const path = rename(edit.file)
    withLocation(template, `the edit of ${path}`, () => {
      refuseTarget(path)
      files.set(path, editPlan(edit, path, files.get(path), read(path), { scope, rename }))
    })
  }
  return { root, files: [...files.values()].sort((a, b) => compareText(a.path, b.path)) }
}

/** Reserves a path for a file. Paths that differ only in case are one file on some systems. */
function claim(taken: Set<string>, path: string): void {
  if (taken.has(folded(path))) throw new TemplateError('two files of the template have this path')
  taken.add(folded(path))
}

function refuseTarget(path: string): void {
  const why = whyNoTarget(path)
  if (why !== undefined) throw new TemplateError(`'${path}' ${why}`)
}

/** Plans a change of one JSON file, without a template. */
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
    const made = withLocation(template, path, (): Rendered | undefined => {
      if (rule?.here || (rule?.if !== undefined && !holds(scope, rule.if))) return undefined
      const target = withDots(rename(rule?.to ?? path))
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

/** Restores names that templates write with an underscore so that they have no effect there: `_gitignore` is `.gitignore`. */
const withDots = (path: string): string => path.replaceAll(/(?<=^|\/)_(?=[^/])/g, '.').replaceAll(/(?<=^|\/)\._/g, '_')

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
  // A file that this plan creates, or has already edited, is edited further.
  const isOwn = planned !== undefined && planned.action !== 'by-hand'
  const before = planned === undefined ? there : planned.before
  const text = isOwn ? planned.after : there
  const notes = [...(planned?.notes ?? [])]
  const base = { path, before, isExecutable: planned?.isExecutable ?? false }
  const answer = text === undefined || typeof text === 'string' ? carryOut(edit, text, words) : undefined
  if (answer === undefined || !answer.ok) {
    const reason = answer?.reason ?? 'the file is not text'
    return {
      ...base,
      action: 'by-hand',
      after: text ?? '',
      notes: [...notes, `${reason}; add by hand: ${wish(edit, words)}`],
    }
  }
  notes.push(...answer.kept.map((what) => `kept the existing ${what}`))
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
      if (text === undefined) return { ok: false, reason: 'the file does not exist' }
      return addListItem(text, { list: edit.list, item: rename(edit.item), from: rename(edit.from) })
    }
    case 'rust': {
      const rust = rename(edit.rust)
      const added =
        edit.function === undefined ? addRustItem(text ?? '', rust) : addRustStatement(text ?? '', edit.function, rust)
      if (added !== undefined) return { ok: true, text: added, kept: [] }
      const what =
        edit.function === undefined
          ? 'the file is not plain Rust'
          : `the function '${edit.function}' has no similar call`
      return { ok: false, reason: what }
    }
  }
}

/** Describes an edit for a person who makes it by hand. */
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
