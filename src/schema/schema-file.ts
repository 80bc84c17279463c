import { parsePlainJson } from '../codecs/json/json-syntax.ts'
import { namesIn } from './inner-types.ts'
import {
  type Answers,
  type Body,
  declaredBody,
  type Fields,
  type NamedType,
  type Schema,
  type SerdeForm,
  type Type,
} from './model.ts'
import { parseType } from './type-text.ts'

/** A problem in a schema file. */
export interface SchemaFileProblem {
  /** The path of the value: `types.OrderAction.enum[3].PlaceOrder.items`. Empty for the whole file. */
  readonly path: string
  /** What is wrong, and what was expected. */
  readonly reason: string
}

/** The result of {@link readSchemaFile}: the schema, or all problems of the file. */
export type ReadSchemaFile =
  | { readonly ok: true; readonly schema: Schema }
  | { readonly ok: false; readonly problems: readonly SchemaFileProblem[] }

/** The version of the file format that this crbus reads and writes. */
export const SCHEMA_FILE_VERSION = 1

/**
 * Reads a schema from the text of a schema file, which `crbus schema import` writes. Reports all problems of the file, not only
 * the first one.
 *
 * @example
 * ```ts
 * import { readSchemaFile } from 'crbus'
 *
 * const file = readSchemaFile('{ "crbus_schema": 1, "topic": "order-events", "events": {}, "types": {} }')
 * file.ok // => false
 * if (!file.ok) file.problems // => [{ path: 'root', reason: 'expected a string, got nothing' }]
 * ```
 */
export function readSchemaFile(text: string): ReadSchemaFile {
  const parsed = parsePlainJson(text)
  if (!parsed.ok) return { ok: false, problems: [{ path: '', reason: parsed.reason }] }
  const reader = new SchemaFileReader()
  const schema = reader.schema(parsed.value)
  return schema && reader.problems.length === 0 ? { ok: true, schema } : { ok: false, problems: reader.problems }
}

type JsonObject = Readonly<Record<string, unknown>>

class SchemaFileReader {
  readonly problems: SchemaFileProblem[] = []
  /** The names of types that fields refer to, each with the path of its first use. */
  readonly #named = new Map<string, string>()

  schema(json: unknown): Schema | undefined {
    const file = this.#object('', json)
    if (!file) return undefined
    if (file.crbus_schema !== SCHEMA_FILE_VERSION) {
      const found = JSON.stringify(file.crbus_schema)
      const reason =
        found === undefined
          ? `missing, so this is not a schema file; expected ${SCHEMA_FILE_VERSION}`
          : `expected ${SCHEMA_FILE_VERSION}, got ${found}`
      this.#problem('crbus_schema', reason)
      return undefined
    }
    this.#refuseOtherKeys('', file, ['crbus_schema', 'topic', 'root', 'integers', 'answers', 'events', 'types'])
    const topic = this.#string('topic', file.topic)
    const root = this.#string('root', file.root)
    const types = this.#types(file.types)
    const events = this.#texts('events', file.events)
    const answers = this.#answers(file.answers)
    const { integers } = file
    if (integers !== undefined && integers !== 'variable')
      this.#problem('integers', `expected "variable", got ${describe(integers)}`)
    if (!types || !events || topic === undefined || root === undefined) return undefined
    for (const [name, path] of this.#named) {
      if (!types.has(name))
        this.#problem(path, `unknown type '${name}': neither a type that crbus knows nor a key of "types"`)
    }
    if (!types.has(root)) this.#problem('root', `'${root}' is not in "types"`)
    const schema: Schema = { topic, root, events, types, ...(integers === 'variable' ? { integers } : {}), answers }
    for (const [event, path] of events) {
      const reason = types.has(root) ? variantPathError(schema, path) : undefined
      if (reason !== undefined) this.#problem(`events.${event}`, reason)
    }
    return schema
  }

  #types(json: unknown): Map<string, NamedType> | undefined {
    const types = this.#object('types', json)
    if (!types) return undefined
    const found = Object.entries(types).flatMap(([name, body]): [string, NamedType][] => {
      const path = `types.${name}`
      const parsed = parseType(name)
      if (!parsed.ok || parsed.type.kind !== 'named')
        this.#problem(path, 'the name has another meaning in schema files, or is not a valid name')
      else if (parsed.type.name !== name) this.#problem(path, `write the name as ${parsed.type.name}`)
      const type = this.#namedType(path, body)
      return type ? [[name, type]] : []
    })
    return new Map(found)
  }

  #namedType(path: string, json: unknown): NamedType | undefined {
    const type = this.#object(path, json)
    if (!type) return undefined
    if ('enum' in type === 'struct' in type) {
      this.#problem(path, "expected either 'struct' or 'enum'")
      return undefined
    }
    this.#refuseOtherKeys(path, type, ['at', 'serde', 'struct', 'enum'])
    const at = type.at === undefined ? '' : this.#string(`${path}.at`, type.at)
    const serde = type.serde === undefined ? undefined : this.#serdeForm(`${path}.serde`, type.serde)
    const body = this.#body(path, type)
    return body && at !== undefined ? { ...body, at, ...(serde ? { serde } : {}) } : undefined
  }

  /** Reads the key `struct` or `enum` of a type. */
  #body(path: string, type: JsonObject): Body | undefined {
    if (!('enum' in type)) {
      const fields = this.#fields(`${path}.struct`, type.struct)
      return fields && { kind: 'struct', fields }
    }
    const { enum: variantList } = type
    if (!Array.isArray(variantList)) {
      this.#problem(`${path}.enum`, `expected a list of variants, got ${describe(variantList)}`)
      return undefined
    }
    const seen = new Set<string>()
    const variants = variantList.flatMap((item, index) => {
      const variantPath = `${path}.enum[${index}]`
      const variant = this.#object(variantPath, item)
      const [entry, ...more] = Object.entries(variant ?? {})
      if (!entry || more.length > 0) {
        if (variant) this.#problem(variantPath, 'expected one variant: { "Name": fields }')
        return []
      }
      const [name, contents] = entry
      if (seen.has(name)) this.#problem(variantPath, `the enum has two variants '${name}'`)
      seen.add(name)
      const fields = this.#fields(`${variantPath}.${name}`, contents)
      return fields ? [{ name, fields }] : []
    })
    return { kind: 'enum', variants }
  }

  #serdeForm(path: string, json: unknown): SerdeForm | undefined {
    const form = this.#object(path, json)
    if (!form) return undefined
    this.#refuseOtherKeys(path, form, [...SERDE_KEYS, 'struct', 'enum'])
    const text = (key: 'tag' | 'tag_value' | 'content' | 'other') =>
      form[key] === undefined ? undefined : this.#string(`${path}.${key}`, form[key])
    const list = (key: string) => (form[key] === undefined ? undefined : this.#list(`${path}.${key}`, form[key]))
    const aliases = form.aliases === undefined ? undefined : this.#object(`${path}.aliases`, form.aliases)
    return present({
      tag: text('tag'),
      tagValue: text('tag_value'),
      content: text('content'),
      untagged: form.untagged === true ? true : list('untagged'),
      names: form.names === undefined ? undefined : this.#texts(`${path}.names`, form.names),
      aliases:
        aliases &&
        new Map(Object.entries(aliases).map(([name, value]) => [name, this.#list(`${path}.aliases.${name}`, value)])),
      flatten: list('flatten'),
      optional: list('optional'),
      other: text('other'),
      body: 'struct' in form || 'enum' in form ? this.#body(path, form) : undefined,
    })
  }

  #fields(path: string, json: unknown): Fields | undefined {
    if (json === null) return { kind: 'unit' }
    if (Array.isArray(json)) {
      return { kind: 'tuple', items: json.flatMap((item, index) => this.#type(`${path}[${index}]`, item) ?? []) }
    }
    if (typeof json !== 'object') {
      this.#problem(path, `expected fields, a list of types or null, got ${describe(json)}`)
      return undefined
    }
    const fields = Object.entries(json as JsonObject).flatMap(([name, value]) => {
      const type = this.#type(`${path}.${name}`, value)
      return type ? [{ name, type }] : []
    })
    return { kind: 'fields', fields }
  }

  #type(path: string, json: unknown): Type | undefined {
    const text = this.#string(path, json)
    if (text === undefined) return undefined
    const parsed = parseType(text)
    if (parsed.ok) {
      for (const name of namesIn(parsed.type)) if (!this.#named.has(name)) this.#named.set(name, path)
      return parsed.type
    }
    this.#problem(path, `'${text}' is not a type: ${parsed.reason} (character ${parsed.at + 1})`)
    return undefined
  }

  #answers(json: unknown): Answers | undefined {
    const answers = json === undefined ? undefined : this.#object('answers', json)
    if (!answers) return undefined
    this.#refuseOtherKeys('answers', answers, ['map', 'assume'])
    const part = (name: 'map' | 'assume') => this.#texts(`answers.${name}`, answers[name] ?? {}) ?? new Map()
    return { map: part('map'), assume: part('assume') }
  }

  #texts(path: string, json: unknown): Map<string, string> | undefined {
    const object = this.#object(path, json)
    if (!object) return undefined
    return new Map(
      Object.entries(object).flatMap(([name, value]): [string, string][] => {
        const text = this.#string(`${path}.${name}`, value)
        return text === undefined ? [] : [[name, text]]
      }),
    )
  }

  #list(path: string, json: unknown): string[] {
    if (Array.isArray(json)) return json.flatMap((item, index) => this.#string(`${path}[${index}]`, item) ?? [])
    this.#problem(path, `expected a list, got ${describe(json)}`)
    return []
  }

  #object(path: string, json: unknown): JsonObject | undefined {
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject
    this.#problem(path, `expected an object, got ${describe(json)}`)
    return undefined
  }

  #string(path: string, json: unknown): string | undefined {
    if (typeof json === 'string') return json
    this.#problem(path, `expected a string, got ${describe(json)}`)
    return undefined
  }

  #refuseOtherKeys(path: string, object: JsonObject, known: readonly string[]): void {
    for (const key of Object.keys(object)) {
      if (known.includes(key)) continue
      this.#problem(path === '' ? key : `${path}.${key}`, `unknown key; known keys: ${known.join(', ')}`)
    }
  }

  #problem(path: string, reason: string): void {
    this.problems.push({ path, reason })
  }
}

/** The keys of a {@link SerdeForm} in a schema file, beside `struct` and `enum`. */
const SERDE_KEYS = ['tag', 'tag_value', 'content', 'untagged', 'names', 'aliases', 'flatten', 'optional', 'other']

/** The form without the parts that are undefined. */
const present = (form: SerdeForm): SerdeForm =>
  Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined))

function describe(json: unknown): string {
  if (json === undefined) return 'nothing'
  if (json === null) return 'null'
  if (Array.isArray(json)) return 'a list'
  return typeof json === 'object' ? 'an object' : `a ${typeof json}`
}

/**
 * Says why a dotted path such as `Order.Placed` does not lead to a variant. Returns `undefined` if it does: each step except the
 * last is a variant that contains the enum of the next step.
 */
function variantPathError({ root, types }: Schema, path: string): string | undefined {
  let name = root
  const steps = path.split('.')
  for (const [index, step] of steps.entries()) {
    const type = types.get(name)
    const body = type && declaredBody(type)
    if (body?.kind !== 'enum') return `'${name}' is not an enum`
    const variant = body.variants.find((one) => one.name === step)
    if (!variant) return `'${name}' has no variant '${step}'`
    if (index === steps.length - 1) return undefined
    const [item, ...more] = variant.fields.kind === 'tuple' ? variant.fields.items : []
    if (item?.kind !== 'named' || more.length > 0)
      return `variant '${step}' of '${name}' does not hold exactly one enum`
    name = item.name
  }
  return undefined
}
