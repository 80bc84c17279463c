import { globSync, readFileSync } from 'node:fs'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

const folder = new URL('../../src/documents/', import.meta.url)

/** The schemas of documents by their names: the paths in `src/documents`, without `.schema.json`. */
export const documentSchemas: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map(
  globSync('**/*.schema.json', { cwd: folder.pathname })
    .sort()
    .map((path) => [path.replaceAll('\\', '/').replace('.schema.json', ''), JSON.parse(read(path))]),
)

function read(path: string): string {
  return readFileSync(new URL(path, folder), 'utf8')
}

const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true })
addFormats.default(ajv)
for (const schema of documentSchemas.values()) ajv.addSchema(schema)

/** Returns how a document differs from its schema, one line each; empty if it does not. */
export function documentProblems(name: string, document: unknown): string[] {
  const validate = ajv.getSchema(`${name}.schema.json`)
  if (validate === undefined) return [`src/documents has no ${name}.schema.json`]
  validate(document)
  return (validate.errors ?? []).map((error) => `${name} ${problemText(error)}`)
}

function problemText({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath === '' ? '/' : instancePath} ${message} ${JSON.stringify(params)}`
}
