// Writes the shapes of all documents as text, from their schemas: `{topics: [{topic, partitionCount}]}`. A key that ends with `?`
// may be absent.
import { globSync, readFileSync } from 'node:fs'

const folder = new URL('../src/documents/', import.meta.url)
const WIDTH = 118
const INDENT = 17

const schemas = new Map(
  globSync('**/*.schema.json', { cwd: folder.pathname }).map((path) => [
    path.replaceAll('\\', '/'),
    JSON.parse(readFileSync(new URL(path, folder), 'utf8')),
  ]),
)

/** Returns a schema without `$ref`, with the path of the file that its own references are relative to. */
function resolve(schema, path) {
  if (schema.$ref === undefined) return { schema, path }
  const [file, pointer = ''] = schema.$ref.split('#')
  const target = file === '' ? path : new URL(file, `file:///${path}`).pathname.slice(1)
  const steps = pointer.split('/').filter((step) => step !== '')
  return resolve(
    steps.reduce((part, step) => part[step], schemas.get(target)),
    target,
  )
}

/** Returns the keys of an object with their schemas; those of alternatives may be absent. */
function keysOf(schema, path) {
  const { properties = {}, required = [], anyOf = [], oneOf = [] } = schema
  const keys = new Map(
    Object.entries(properties).map(([name, value]) => [name, { value, path, isRequired: required.includes(name) }]),
  )
  const add = (part, isCertain) => {
    const found = resolve(part, path)
    for (const [name, key] of keysOf(found.schema, found.path)) {
      if (!keys.has(name)) keys.set(name, { ...key, isRequired: isCertain && key.isRequired })
    }
    for (const name of isCertain ? (part.required ?? []) : []) {
      const known = keys.get(name)
      if (known !== undefined) keys.set(name, { ...known, isRequired: true })
    }
  }
  // The first alternative is the document of a command that succeeded.
  for (const [at, part] of anyOf.entries()) add(part, at === 0)
  for (const part of oneOf) add(part, false)
  return keys
}

/** Whether a schema describes an object with known keys. */
const isObject = ({ type, properties }) => type === 'object' && properties !== undefined

/** The shape of a value; empty for a value without parts. */
function shapeOf(given, from) {
  const { schema, path } = resolve(given, from)
  // An element of another document: its shape stands there.
  if (path === 'record.schema.json' && from === 'tail.schema.json') return 'as record'
  if (path === 'plan.schema.json' && from === 'groups/delete.schema.json') return 'as reset, without a result'
  if (schema.type === 'array') return `[${shapeOf(schema.items, path)}]`
  const value = schema.anyOf?.find(({ type }) => type !== 'null')
  if (!isObject(schema) && value !== undefined && schema.anyOf.length === 2) return shapeOf(value, path)
  if (!isObject(schema)) return ''
  const fields = [...keysOf(schema, path)]
    .filter(([name]) => name !== 'error' || path === 'record.schema.json' || path === 'error.schema.json')
    .map(([name, key]) => {
      const shape = shapeOf(key.value, key.path)
      return `${name}${key.isRequired ? '' : '?'}${shape === '' ? '' : `: ${shape}`}`
    })
  return `{${fields.join(', ')}}`
}

/** Breaks a text behind commas, so that its lines are not longer than the page. Short objects stay on one line. */
function wrapped(text) {
  const lines = ['']
  const kept = text.replaceAll(/{[^{}]{0,40}}/g, (short) => short.replaceAll(', ', ',\0'))
  for (const word of kept.split(/(?<=, )/)) {
    const line = lines.at(-1)
    if (line !== '' && INDENT + line.length + word.trimEnd().length > WIDTH) lines.push(word)
    else lines[lines.length - 1] += word
  }
  return lines.map((line) => line.trimEnd().replaceAll('\0', ' ')).join(`\n${' '.repeat(INDENT)}`)
}

/** The documents of commands, and the record and the failure, in the order of their names. */
const documentShapes = [...schemas.keys()]
  .filter((path) => !['common.schema.json', 'plan.schema.json', 'schema/change.schema.json'].includes(path))
  .sort()
  .map((path) => {
    const name = path.replace('.schema.json', '').replace('/', ' ')
    return `${name.padEnd(INDENT - 1)} ${wrapped(shapeOf({ $ref: path }, 'index'))}`
  })
  .join('\n')

/** Replaces the shapes in the text of src/commands/JSON.md. */
export const withShapes = (page) =>
  page.replace(/(?<=<!-- documents[^>]*-->\n\n```text\n)[\s\S]*?(?=```)/, `${documentShapes}\n`)
