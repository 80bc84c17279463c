import { randomUUID } from 'node:crypto'
import pg from 'pg'

/** Runs a statement on Postgres, on a separate connection. */
export async function askPostgres(url: string, sql: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql, values)).rows
  } finally {
    await client.end()
  }
}

/** Creates an empty schema and returns the address of a store that uses only this schema. Schemas are not removed. */
export async function newSchema(postgresUrl: string): Promise<string> {
  const schema = `t_${randomUUID().replaceAll('-', '')}`
  await askPostgres(postgresUrl, `CREATE SCHEMA ${schema}`)
  return withOptions(postgresUrl, `-csearch_path=${schema}`)
}

/** Adds server settings to an address, such as `-cbytea_output=escape`. */
export function withOptions(postgresUrl: string, options: string): string {
  const url = new URL(postgresUrl)
  const given = url.searchParams.get('options')
  url.searchParams.set('options', given === null ? options : `${given} ${options}`)
  // URLSearchParams writes a space as `+`, which Postgres does not decode.
  return url.href.replaceAll('+', '%20')
}
