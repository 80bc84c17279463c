import { parsePlainJson } from '../../codecs/json/json-syntax.ts'
import { type Json, whyTooDeep } from '../layout/json-text.ts'
import { parseName } from '../name.ts'

const templateKinds = ['service', 'aggregate', 'saga'] as const
export type Kind = (typeof templateKinds)[number]
const languages = ['ts', 'rust'] as const
export type Language = (typeof languages)[number]

/** A question of a template, which a flag or the user on a terminal answers. */
export interface Question {
  /** The name of the answer in the scope. */
  readonly name: string
  /** The text of the question. */
  readonly ask: string
  readonly kind: 'text' | 'choice' | 'yes-no' | 'number' | 'duration'
  /** For `choice`: each answer with its explanation. */
  readonly choices: Readonly<Record<string, string>>
  readonly default: string
}

const generatedFiles = ['schema', 'command-schema'] as const
export type Generated = (typeof generatedFiles)[number]

/** How a file of a template is created. */
export interface FileRule {
  /** The condition for creating the file. Default: the file is always created. */
  readonly if?: string | undefined
  /** The path of the created file, with example words. Default: the path in the template. */
  readonly to?: string | undefined
  /** True: the file is never created; it exists only so that the template itself compiles. */
  readonly here?: boolean | undefined
  /** Generates the content: the schema of the topic of events, or of the topic of commands. */
  readonly generate?: Generated | undefined
}

/** A change of a file that the service already has. `if` is the condition for the change. */
export type Edit = {
  readonly file: string
  readonly if?: string | undefined
} /** Adds the keys that a JSON file lacks. */ & (
  | { readonly kind: 'json'; readonly json: { readonly [key: string]: Json } }
  /** Adds an item to an array of a TypeScript module, and its import. */
  | { readonly kind: 'list'; readonly list: string; readonly item: string; readonly from: string }
  /** Adds an item to a Rust module, such as `pub mod order_line;`, or a statement to one of its functions. */
  | { readonly kind: 'rust'; readonly rust: string; readonly function?: string | undefined }
)

export interface TemplateFile {
  /** Relative to the folder `files`, with forward slashes. */
  readonly path: string
  readonly content: string | Uint8Array
  readonly isExecutable: boolean
}

export interface Template {
  readonly kind: Kind
  readonly lang: Language
  readonly title: string
  /** The location of the template, for messages. */
  readonly folder: string
  /** The example word in the files for each path of the scope, such as `name` → `order-line`. */
  readonly words: ReadonlyMap<string, string>
  readonly questions: readonly Question[]
  readonly files: readonly TemplateFile[]
  /** Rules by the path of the file in the template. */
  readonly rules: ReadonlyMap<string, FileRule>
  /** Values to merge into a JSON file, by the path of the file in the template. */
  readonly json: ReadonlyMap<string, { readonly [key: string]: Json }>
  readonly edits: readonly Edit[]
}

/**
 * Limits of a manifest, so that an untrusted template cannot keep crbus busy for minutes. The templates of crbus stay far below the
 * limits.
 */
const MAX_WORDS = 100
const MAX_QUESTIONS = 50
const MAX_EDITS = 200
const MAX_TEXT_LENGTH = 10_000
/** Lower than other limits, because a file may contain an answer many thousand times. */
const MAX_DEFAULT_LENGTH = 200

type JsonObject = { readonly [key: string]: Json }

/** Reads a manifest and collects all of its mistakes. */
export class ManifestReader {
  /** The mistakes, each with the path of the value. */
  readonly problems: string[] = []

  /** Returns `undefined` if the text is not a JSON object. If there are problems, the result must not be used. */
  read(text: string): Omit<Template, 'folder' | 'files'> | undefined {
    const tooDeep = whyTooDeep(text)
    if (tooDeep !== undefined) {
      this.problem('', tooDeep)
      return undefined
    }
    const parsed = parsePlainJson(text)
    if (!parsed.ok) {
      this.problem('', `the text is ${parsed.reason}`)
      return undefined
    }
    const file = this.#object('', parsed.value as Json)
    if (file === undefined) return undefined
    this.#onlyKeys('', file, [
      'crbus_template',
      'kind',
      'lang',
      'title',
      'words',
      'questions',
      'files',
      'json',
      'edits',
    ])
    if (file.crbus_template !== 1) this.problem('crbus_template', 'the number 1 is expected')
    return {
      kind: this.#oneOf('kind', file.kind, templateKinds),
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
        // A single word, such as order, could be the name, a variable or a word of a sentence.
        this.problem(path, `'${word}' must be a name of two words or more, such as order-line or OrderLinePlaced`)
      }
      return word
    })
    if (words.size > MAX_WORDS) this.problem('words', `there are more than ${MAX_WORDS} words`)
    return words
  }

  #question(path: string, json: Json): Question {
    const question = this.#object(path, json) ?? {}
    this.#onlyKeys(path, question, ['name', 'ask', 'kind', 'choices', 'default'])
    const kind = this.#oneOf(`${path}.kind`, question.kind ?? 'text', [
      'text',
      'choice',
      'yes-no',
      'number',
      'duration',
    ] as const)
    const choices = this.#map(`${path}.choices`, question.choices ?? {}, (at, item) => this.#text(at, item))
    const name = this.#text(`${path}.name`, question.name)
    if (!/^[a-z][a-z0-9_]*$/.test(name))
      this.problem(`${path}.name`, `'${name}' must consist of lowercase letters, digits and _`)
    const fallback = this.#text(`${path}.default`, question.default)
    if (fallback.length > MAX_DEFAULT_LENGTH) {
      this.problem(`${path}.default`, `the text is longer than ${MAX_DEFAULT_LENGTH} characters`)
    }
    if (kind === 'choice' && !choices.has(fallback))
      this.problem(`${path}.default`, `'${fallback}' is not one of choices`)
    if (kind !== 'choice' && choices.size > 0)
      this.problem(`${path}.choices`, "only a question of kind 'choice' has choices")
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
    this.#onlyKeys(path, rule, ['if', 'to', 'here', 'generate'])
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
      this.#onlyKeys(path, edit, ['file', 'if', 'json'])
      return { file, ...condition, kind: 'json', json: this.#object(`${path}.json`, edit.json ?? null) ?? {} }
    }
    if ('rust' in edit) {
      this.#onlyKeys(path, edit, ['file', 'if', 'rust', 'function'])
      const into = edit.function === undefined ? {} : { function: this.#text(`${path}.function`, edit.function) }
      return { file, ...condition, kind: 'rust', rust: this.#text(`${path}.rust`, edit.rust), ...into }
    }
    this.#onlyKeys(path, edit, ['file', 'if', 'list', 'item', 'from'])
    return {
      file,
      ...condition,
      kind: 'list',
      list: this.#text(`${path}.list`, edit.list),
      item: this.#text(`${path}.item`, edit.item),
      from: this.#text(`${path}.from`, edit.from),
    }
  }

  #list<T>(path: string, json: Json, maxItems: number, read: (path: string, item: Json) => T): T[] {
    if (Array.isArray(json) && json.length <= maxItems) {
      return json.map((item: Json, index) => read(`${path}[${index}]`, item))
    }
    this.problem(path, Array.isArray(json) ? `there are more than ${maxItems} items` : 'a list is expected')
    return []
  }

  #map<T>(path: string, json: Json, read: (path: string, item: Json) => T): Map<string, T> {
    return new Map(
      Object.entries(this.#object(path, json) ?? {}).map(([key, item]) => [
        this.#printable(path, key),
        read(`${path}.${key}`, item),
      ]),
    )
  }

  /** Checks that a text is safe to show on a terminal, and returns it. */
  #printable(path: string, text: string): string {
    if (/[^\P{Cc}\n\t]|\p{Bidi_Control}/u.test(text)) this.problem(path, 'the text contains control characters')
    if (text.length > MAX_TEXT_LENGTH) this.problem(path, `the text is longer than ${MAX_TEXT_LENGTH} characters`)
    return text
  }

  #object(path: string, json: Json): JsonObject | undefined {
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject
    this.problem(path, 'an object is expected')
    return undefined
  }

  #text(path: string, json: Json | undefined): string {
    if (typeof json === 'string' && json !== '') return this.#printable(path, json)
    this.problem(path, 'a text is expected')
    return ''
  }

  #oneOf<T extends string>(path: string, json: Json | undefined, known: readonly T[]): T {
    const found = known.find((value) => value === json)
    if (found === undefined) this.problem(path, `one of ${known.join(', ')} is expected`)
    return found ?? (known[0] as T)
  }

  #onlyKeys(path: string, object: JsonObject, known: readonly string[]): void {
    for (const key of Object.keys(object)) {
      if (known.includes(key)) continue
      this.problem(path === '' ? key : `${path}.${key}`, `unknown key; known are ${known.join(', ')}`)
    }
  }
}
