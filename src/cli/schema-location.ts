import type { SchemaLocation } from '../operations/schemas/find.ts'
import type { Config } from './config/config.ts'

/**
 * Returns where to find the schemas of payloads if `--schema` is not given: the configured schema file or folder, and the schema files
 * of single topics.
 */
export const schemaLocationOf = (
  { schemas, topics }: Pick<Config, 'schemas' | 'topics'>,
  cwd: string,
  onIgnored?: (reason: string) => void,
): SchemaLocation => ({
  cwd,
  schemas: schemas && { path: schemas.value, mustExist: schemas.mustExist },
  ofTopics: new Map(
    [...topics].flatMap(([topic, { value }]) => (value.schema === undefined ? [] : [[topic, value.schema] as const])),
  ),
  ...(onIgnored && { onIgnored }),
})
