import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { causeOf } from '../../files/cause.ts'
import { whyTooDeep } from '../layout/json-text.ts'
import { parseName } from '../name.ts'
import { ScaffoldRefused } from '../refused.ts'

const kinds = ['service', 'aggregate', 'saga'] as const
export type Kind = (typeof kinds)[number]
const languages = ['ts', 'rust'] as const
export type Language = (typeof languages)[number]

/** Something a template wants to know beyond the name; answered by the flag `--name`, by `--set name=…`, or on a terminal. */
export interface Question {
  readonly name: string
  readonly ask: string
  readonly kind: 'text' | 'choice' | 'yes-no' | 'number' | 'duration'
  /** Of a choice: each answer and what it means. */
  readonly choices: Readonly<Record<string, string>>
  readonly default: string
}

const generatedFiles = ['schema', 'command-schema'] as const
export type Generated = (typeof generatedFiles)[number]

interface FileRule {
  /** A condition; without it the file is always made. */
  readonly if?: string | undefined
  /** The path it gets, in the template's words; default: its own. */
  readonly to?: string | undefined
  /** It is there for the template to stand on its own, and is never made. */
  readonly here?: boolean | undefined
  /** Made by crbus instead of copied: the schema of the topic of events, or of that of commands. */
  readonly generate?: Generated | undefined
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A change to a file that the service has already. */
export type Edit = { readonly file: string; readonly if?: string | undefined } & (
  | { readonly kind: 'json'; readonly json: { readonly [key: string]: Json } }
  /** An item more in an array of a TypeScript module, and the import it needs. */
  | { readonly kind: 'list'; readonly list: string; readonly item: string; readonly from: string }
  /** An item more in a Rust module, such as `pub mod order_line;`, or a statement more in one of its functions. */
  | { readonly kind: 'rust'; readonly rust: string; readonly function?: string | undefined }
)

interface TemplateFile {
  /** In the tree, with forward slashes. */
  readonly path: string
  readonly content: string | Uint8Array
  readonly isExecutable: boolean
}

export interface Template {
  readonly kind: Kind
  readonly lang: Language
  readonly title: string
  /** Where it is, for messages. */
  readonly folder: string
  /** Path in the scope → the word that stands for it in the tree. */
  readonly words: ReadonlyMap<string, string>
  readonly questions: readonly Question[]
  readonly files: readonly TemplateFile[]
  readonly rules: ReadonlyMap<string, FileRule>
  readonly json: ReadonlyMap<string, { readonly [key: string]: Json }>
  readonly edits: readonly Edit[]
}

const MANIFEST = 'template.json'
/** The tree itself, beside its manifest. */
const TREE = 'files'
/** What building or testing a template leaves in its tree. */
const notFiles = new Set(['node_modules', 'target', 'dist', '.git', '.crbus'])

/**
 * Limits of a template, which a stranger may have written: far above what the largest of crbus's own needs (40 files, 60
 * kB), and low enough that a template can neither fill the disk nor keep crbus busy for minutes.
 */
const MAX_MANIFEST_BYTES = 1024 * 1024
const MAX_FILES = 2000
const MAX_BYTES = 16 * 1024 * 1024
/** Of text, in which every word is looked for: with as many words as there may be, a MiB takes seconds. */
const MAX_TEXT_BYTES = 1024 * 1024
const MAX_FOLDER_DEPTH = 32
const MAX_WORDS = 100
const MAX_QUESTIONS = 50
const MAX_EDITS = 200
const MAX_TEXT_LENGTH = 10_000
/** An answer may stand in a file many thousand times. */
const MAX_DEFAULT_LENGTH = 200

/**
 * Reads a template and everything in its tree. Refuses with everything that is wrong with its manifest, or with the file
 * or folder that cannot be read and why.
 */
export function loadTemplate(folder: string): Template {
  try {
    return readTemplate(folder)
  } catch (error) {
    const { code, path = folder } = error as NodeJS.ErrnoException
    if (error instanceof ScaffoldRefused || code === undefined) throw error
    throw new ScaffoldRefused(`the template ${folder} cannot be read: ${causeOf(error, path)}`, HOW_TO_NAME)
  }
}

const HOW_TO_NAME = ['--template FOLDER, with a template.json and a folder files in it']

function readTemplate(folder: string): Template {
  const manifest = join(folder, MANIFEST)
  const kind = lstatSync(manifest, { throwIfNoEntry: false })
  if (kind === undefined) {
    throw new ScaffoldRefused(`${folder} is no template: it has no ${MANIFEST}`, [
      'templates/README.md says how to write one',
    ])
  }
  if (!kind.isFile()) throw new ScaffoldRefused(`${manifest} is ${whatIs(kind, manifest)}; a template has a file there`)
  if (kind.size > MAX_MANIFEST_BYTES) throw new ScaffoldRefused(`${manifest} is larger than 1 MiB`)
  const reader = new ManifestReader()
  const read = reader.read(readFileSync(manifest, 'utf8'))
  const files = filesIn(join(folder, TREE))
  if (read !== undefined) {
    const known = new Set(files.map(({ path }) => path))
    for (const [path, { generate }] of read.rules) {
      if (!known.has(path) && generate === undefined) reader.problem(`files.${path}`, `there is no ${TREE}/${path}`)
    }
    for (const path of read.json.keys()) {
      if (!known.has(path)) reader.problem(`json.${path}`, `there is no ${TREE}/${path}`)
    }
  }
  if (read === undefined || reader.problems.length > 0) {
    throw new ScaffoldRefused([`${manifest} is not a template's manifest`, ...reader.problems].join('\n  '), [
      'templates/README.md says what belongs in it',
    ])
  }
  return { ...read, folder, files }
}

/** The files of a tree. Refuses what is neither a file nor a folder: a link may lead to what is not the template's. */
function filesIn(folder: string): TemplateFile[] {
  const kind = lstatSync(folder, { throwIfNoEntry: false })
  if (kind === undefined) return []
  if (!kind.isDirectory())
    throw new ScaffoldRefused(`${folder} is ${whatIs(kind, folder)}; a template has a folder there`)
  const files: TemplateFile[] = []
  let bytes = 0
  let textBytes = 0
  const walk = (path: string, depth: number): void => {
    if (depth > MAX_FOLDER_DEPTH)
      throw new ScaffoldRefused(`${folder} has more than ${MAX_FOLDER_DEPTH} levels of folders`)
    const entries = readdirSync(join(folder, path), { withFileTypes: true })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (notFiles.has(entry.name)) continue
      const inner = path === '' ? entry.name : `${path}/${entry.name}`
      const place = join(folder, inner)
      if (entry.isDirectory()) {
        walk(inner, depth + 1)
        continue
      }
      if (!entry.isFile()) {
        throw new ScaffoldRefused(`${place} is ${whatIs(entry, place)}; a template has files and folders only`)
      }
      const { size, mode } = lstatSync(place)
      bytes += size
      if (bytes > MAX_BYTES) throw new ScaffoldRefused(`${folder} has more than 16 MiB of files`)
      if (files.length === MAX_FILES) throw new ScaffoldRefused(`${folder} has more than ${MAX_FILES} files`)
      const content = textOf(readFileSync(place))
      if (typeof content === 'string') textBytes += size
      if (textBytes > MAX_TEXT_BYTES) throw new ScaffoldRefused(`${folder} has more than 1 MiB of text`)
      files.push({ path: inner, content, isExecutable: (mode & 0o100) !== 0 })
    }
  }
  walk('', 1)
  return files
}

const whatIs = (kind: Pick<Dirent, 'isSymbolicLink' | 'isDirectory' | 'isFile'>, path: string): string =>
  kind.isSymbolicLink()
    ? `a link to ${readlinkSync(path)}`
    : kind.isDirectory()
      ? 'a folder'
      : kind.isFile()
        ? 'a file'
        : 'neither a file nor a folder'

/** Pictures and other bytes are copied as they are. */
function textOf(bytes: Buffer): string | Uint8Array {
  if (bytes.includes(0)) return bytes
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return bytes
  }
}

type JsonObject = { readonly [key: string]: Json }

/** Reads a manifest and lists everything that is wrong with it. */
class ManifestReader {
  readonly problems: string[] = []

  read(text: string): Omit<Template, 'folder' | 'files'> | undefined {
    const tooDeep = whyTooDeep(text)
    if (tooDeep !== undefined) {
      this.problem('', tooDeep)
      return undefined
    }
    let json: Json
    try {
      json = JSON.parse(text)
    } catch (error) {
      this.problem('', `it is not JSON: ${(error as Error).message}`)
      return undefined
    }
    const file = this.#object('', json)
    if (file === undefined) return undefined
    this.#noneBut('', file, ['crbus_template', 'kind', 'lang', 'title', 'words', 'questions', 'files', 'json', 'edits'])
    if (file.crbus_template !== 1) this.problem('crbus_template', '1 is expected')
    return {
      kind: this.#oneOf('kind', file.kind, kinds),
      lang: this.#oneOf('lang', file.lang, languages),
      title: this.#text('title', file.title),
      words: this.#words(file.words ?? {}),
      questions: this.#list('questions', file.questions ?? [], MAX_QUESTIONS, (path, item) =>
        this.#question(path, item),
      ),
      rules: this.#map('files', file.files ?? {}, (path, item) => this.#rule(path, item)),
      json: this.#map('json', file.json ?? {}, (path, item) => this.#object(path, item) ?? {}),
      edits: this.#list('edits', file.edits ?? [], MAX_EDITS, (path, item) => this.#edit(path, item)),
    }
  }

  problem(path: string, reason: string): void {
    this.problems.push(path === '' ? reason : `${path}: ${reason}`)
  }

  #words(json: Json): ReadonlyMap<string, string> {
    const words = this.#map('words', json, (path, item) => {
      const word = this.#text(path, item)
      if ((parseName(word)?.words.length ?? 0) < 2) {
        // Of one word alone nobody can tell order the name, order the variable and order in a sentence apart.
        this.problem(path, `'${word}' is not a name of two words or more, such as order-line or OrderLinePlaced`)
      }
      return word
    })
    if (words.size > MAX_WORDS) this.problem('words', `there are more than ${MAX_WORDS}`)
    return words
  }

  #question(path: string, json: Json): Question {
    const question = this.#object(path, json) ?? {}
    this.#noneBut(path, question, ['name', 'ask', 'kind', 'choices', 'default'])
    const kind = this.#oneOf(`${path}.kind`, question.kind ?? 'text', [
      'text',
      'choice',
      'yes-no',
      'number',
      'duration',
    ] as const)
    const choices = this.#map(`${path}.choices`, question.choices ?? {}, (at, item) => this.#text(at, item))
    const name = this.#text(`${path}.name`, question.name)
    if (!/^[a-z][a-z0-9_]*$/.test(name)) this.problem(`${path}.name`, `'${name}' is not lower case letters and _`)
    const fallback = this.#text(`${path}.default`, question.default)
    if (fallback.length > MAX_DEFAULT_LENGTH) {
      this.problem(`${path}.default`, `it is longer than ${MAX_DEFAULT_LENGTH} characters`)
    }
    if (kind === 'choice' && !choices.has(fallback))
      this.problem(`${path}.default`, `'${fallback}' is not one of choices`)
    if (kind !== 'choice' && choices.size > 0)
      this.problem(`${path}.choices`, "only a question of kind 'choice' has them")
    return {
      name,
      ask: this.#text(`${path}.ask`, question.ask),
      kind,
      choices: Object.fromEntries(choices),
      default: fallback,
    }
  }

  #rule(path: string, json: Json): FileRule {
    const rule = this.#object(path, json) ?? {}
    this.#noneBut(path, rule, ['if', 'to', 'here', 'generate'])
    return {
      if: rule.if === undefined ? undefined : this.#text(`${path}.if`, rule.if),
      to: rule.to === undefined ? undefined : this.#text(`${path}.to`, rule.to),
      here: rule.here === undefined ? undefined : rule.here === true,
      generate:
        rule.generate === undefined ? undefined : this.#oneOf(`${path}.generate`, rule.generate, generatedFiles),
    }
  }

  #edit(path: string, json: Json): Edit {
    const edit = this.#object(path, json) ?? {}
    const file = this.#text(`${path}.file`, edit.file)
    const condition = edit.if === undefined ? {} : { if: this.#text(`${path}.if`, edit.if) }
    if ('json' in edit) {
      this.#noneBut(path, edit, ['file', 'if', 'json'])
      return { file, ...condition, kind: 'json', json: this.#object(`${path}.json`, edit.json ?? null) ?? {} }
    }
    if ('rust' in edit) {
      this.#noneBut(path, edit, ['file', 'if', 'rust', 'function'])
      const into = edit.function === undefined ? {} : { function: this.#text(`${path}.function`, edit.function) }
      return { file, ...condition, kind: 'rust', rust: this.#text(`${path}.rust`, edit.rust), ...into }
    }
    this.#noneBut(path, edit, ['file', 'if', 'list', 'item', 'from'])
    return {
      file,
      ...condition,
      kind: 'list',
      list: this.#text(`${path}.list`, edit.list),
      item: this.#text(`${path}.item`, edit.item),
      from: this.#text(`${path}.from`, edit.from),
    }
  }

  #list<T>(path: string, json: Json, most: number, read: (path: string, item: Json) => T): T[] {
    if (Array.isArray(json) && json.length <= most) {
      return json.map((item: Json, index) => read(`${path}[${index}]`, item))
    }
    this.problem(path, Array.isArray(json) ? `there are more than ${most}` : 'a list is expected')
    return []
  }

  #map<T>(path: string, json: Json, read: (path: string, item: Json) => T): Map<string, T> {
    return new Map(
      Object.entries(this.#object(path, json) ?? {}).map(([key, item]) => [
        this.#plain(path, key),
        read(`${path}.${key}`, item),
      ]),
    )
  }

  /** A text that a terminal may be shown. */
  #plain(path: string, text: string): string {
    if (/[^\P{Cc}\n\t]|\p{Bidi_Control}/u.test(text)) this.problem(path, 'it has control characters')
    if (text.length > MAX_TEXT_LENGTH) this.problem(path, `it is longer than ${MAX_TEXT_LENGTH} characters`)
    return text
  }

  #object(path: string, json: Json): JsonObject | undefined {
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject
    this.problem(path, 'an object is expected')
    return undefined
  }

  #text(path: string, json: Json | undefined): string {
    if (typeof json === 'string' && json !== '') return this.#plain(path, json)
    this.problem(path, 'a text is expected')
    return ''
  }

  #oneOf<T extends string>(path: string, json: Json | undefined, known: readonly T[]): T {
    const found = known.find((one) => one === json)
    if (found === undefined) this.problem(path, `one of ${known.join(', ')} is expected`)
    return found ?? (known[0] as T)
  }

  #noneBut(path: string, object: JsonObject, known: readonly string[]): void {
    for (const key of Object.keys(object)) {
      if (known.includes(key)) continue
      this.problem(path === '' ? key : `${path}.${key}`, `nothing is called that here; known are ${known.join(', ')}`)
    }
  }
}
