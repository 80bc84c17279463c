import { compareText } from '../../bus/compare.ts'
import { parsePlainJson } from '../../codecs/json/json-syntax.ts'
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
   * `create`: the file does not exist. `keep`: the file already has this content. `changed`: the file differs, and is overwritten
   * only if forced. `edit`: the plan adds something to the file. `by-hand`: the user must add something, because crbus does not
   * find the place for it.
   */
  readonly action: 'create' | 'keep' | 'changed' | 'edit' | 'by-hand'
  /** The current content; `undefined` if the file does not exist. */
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

/** Renders a template with the answers, and compares the result with the existing files. Writes nothing. */
export function planScaffold(request: ScaffoldRequest): ScaffoldPlan {
  const { template } = request
  return withLocation(template, 'template.json', () => planTemplate(request))
}

/** Runs `work` on a part of a template. Turns a `TemplateError` into `ScaffoldRefused` with the location of the mistake. */
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
  for (const { path, content, isExecutable } of renderFiles(request)) {
    withLocation(template, path, () => claimPath(taken, path))
    const before = read(path)
    const action = actionFor(before, content)
    files.set(path, { path, action, before, after: content, isExecutable, notes: [] })
  }
  for (const edit of template.edits) {
    if (edit.if !== undefined && !holds(scope, edit.if)) continue
    const path = rename(edit.file)
    withLocation(template, `the edit of ${path}`, () => {
      refuseForbiddenPath(path)
      files.set(path, editPlan(edit, path, files.get(path), read(path), { scope, rename }))
    })
  }
  return { root, files: [...files.values()].sort((a, b) => compareText(a.path, b.path)) }
}

/** Reserves a path for one file. Paths that differ only in case are the same file on some systems. */
function claimPath(taken: Set<string>, path: string): void {
  if (taken.has(folded(path))) throw new TemplateError('two files of the template have this path')
  taken.add(folded(path))
}

function refuseForbiddenPath(path: string): void {
  const why = whyNoTarget(path)
  if (why !== undefined) throw new TemplateError(`'${path}' ${why}`)
}

/** Plans an edit of one JSON file without a template: adds the keys of `json` that the file lacks. */
export function planEdit(
  root: string,
  path: string,
  before: string | undefined,
  json: { readonly [key: string]: Json },
): ScaffoldPlan {
  const edit = { file: path, kind: 'json', json } as const
  return { root, files: [editPlan(edit, path, undefined, before, { scope: {}, rename: (text) => text })] }
}

/** Adds a file that does not come from the template. A file of the template with this path stays. */
export function addFile(
  plan: ScaffoldPlan,
  path: string,
  content: Uint8Array,
  before: Uint8Array | undefined,
  notes: readonly string[],
): ScaffoldPlan {
  if (plan.files.some((file) => file.path === path)) return plan
  const action = actionFor(before, content)
  const file = { path, action, before, after: content, isExecutable: false, notes } as const
  return { ...plan, files: [...plan.files, file].sort((a, b) => compareText(a.path, b.path)) }
}

interface Rendered {
  readonly path: string
  readonly content: Content
  readonly isExecutable: boolean
}

/** Renders the files of a template whose conditions hold. */
function* renderFiles({ template, scope, generated }: ScaffoldRequest): Generator<Rendered> {
  const { words, rules } = template
  const rename = renamer(wordSwaps(scope, words))
  const budget = new Budget()
  const sources = new Map(template.files.map((file) => [file.path, file]))
  // A rule may generate a file that the template does not have.
  for (const path of rules.keys()) {
    if (!sources.has(path)) sources.set(path, { path, content: '', isExecutable: false })
  }
  for (const { path, content, isExecutable } of sources.values()) {
    const rule = rules.get(path)
    const file = withLocation(template, path, (): Rendered | undefined => {
      if (rule?.here || (rule?.if !== undefined && !holds(scope, rule.if))) return undefined
      const target = withDots(rename(rule?.to ?? path))
      refuseForbiddenPath(target)
      const text = rule?.generate === undefined ? content : generated[rule.generate]()
      return { path: target, isExecutable, content: render(path, text, template.json.get(path)) }
    })
    if (file !== undefined) yield file
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
  const parsed = parsePlainJson(text)
  if (!parsed.ok) throw new TemplateError(`the text is ${parsed.reason}`)
  return parsed.value as Json
}

/**
 * Restores names that begin with a dot. Templates write them with an underscore, so that they have no effect in the template:
 * `_gitignore` becomes `.gitignore`. Two underscores stand for one.
 */
const withDots = (path: string): string => path.replaceAll(/(?<=^|\/)_(?=[^/])/g, '.').replaceAll(/(?<=^|\/)\._/g, '_')

/** What replaces the example words of a template. */
interface Words {
  readonly scope: Scope
  readonly rename: (text: string) => string
}

function editPlan(
  edit: Edit,
  path: string,
  planned: FilePlan | undefined,
  current: Content | undefined,
  words: Words,
): FilePlan {
  // If the plan already creates or edits the file, this edit applies to the planned content.
  const continuesPlan = planned !== undefined && planned.action !== 'by-hand'
  const before = planned === undefined ? current : planned.before
  const text = continuesPlan ? planned.after : current
  const notes = [...(planned?.notes ?? [])]
  const base = { path, before, isExecutable: planned?.isExecutable ?? false }
  const edited = text === undefined || typeof text === 'string' ? applyEdit(edit, text, words) : undefined
  if (edited === undefined || !edited.ok) {
    const reason = edited?.reason ?? 'the file is not text'
    return {
      ...base,
      action: 'by-hand',
      after: text ?? '',
      notes: [...notes, `${reason}; add by hand: ${describeEdit(edit, words)}`],
    }
  }
  notes.push(...edited.kept.map((what) => `kept the existing ${what}`))
  const isUnchanged = typeof before === 'string' && before === edited.text
  const action =
    planned?.action === 'changed' ? 'changed' : isUnchanged ? 'keep' : before === undefined ? 'create' : 'edit'
  return { ...base, action, after: edited.text, notes }
}

function applyEdit(edit: Edit, text: string | undefined, { scope, rename }: Words): Edited {
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
function describeEdit(edit: Edit, { scope, rename }: Words): string {
  switch (edit.kind) {
    case 'json':
      return JSON.stringify(fillJson(edit.json, scope, rename))
    case 'list':
      return `${rename(edit.item)}, imported from '${rename(edit.from)}', to the array '${edit.list}'`
    case 'rust':
      return `${rename(edit.rust)}${edit.function === undefined ? '' : ` in '${edit.function}'`}`
  }
}

/** Returns the text of a file, or its bytes if it contains a zero byte and is therefore not text. */
function asText(bytes: Uint8Array | undefined): Content | undefined {
  if (bytes === undefined) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return text.includes(0) ? bytes : text.toString('utf8')
}

const actionFor = (before: Content | undefined, after: Content): 'create' | 'keep' | 'changed' =>
  before === undefined ? 'create' : isSame(before, after) ? 'keep' : 'changed'

const isSame = (a: Content, b: Content): boolean => Buffer.from(a as Uint8Array).equals(Buffer.from(b as Uint8Array))
