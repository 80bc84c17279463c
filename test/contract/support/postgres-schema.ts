import { randomUUID } from 'node:crypto'
import pg from 'pg'

/** Asks a Postgres, in a connection of its own. */
export async function askPostgres(url: string, sql: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql, values)).rows
  } finally {
    await client.end()
  }
}

/** A new, empty schema, as the address of a store that has no other. Nothing is ever cleaned up. */
export async function newSchema(postgresUrl: string): Promise<string> {
  const schema = `t_${randomUUID().replaceAll('-', '')}`
  await askPostgres(postgresUrl, `CREATE SCHEMA ${schema}`)
  return withOptions(postgresUrl, `-csearch_path=${schema}`)
}

/** Settings of the server for the connections of an address, such as `-cbytea_output=escape`. */
export function withOptions(postgresUrl: string, options: string): string {
  const url = new URL(postgresUrl)
  const given = url.searchParams.get('options')
  url.searchParams.set('options', given === null ? options : `${given} ${options}`)
  // A space is `+` in a form and not in a URL of Postgres.
  return url.href.replaceAll('+', '%20')
}
