import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A schema as a registry stores it. */
export interface StoredSchema {
  readonly schema: string
  readonly schemaType?: 'AVRO' | 'PROTOBUF' | 'JSON'
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[]
}

export interface TestRegistry extends AsyncDisposable {
  readonly url: string
  /** The paths that were requested, in order. */
  readonly requests: string[]
  /** The header `authorization` of each request. */
  readonly logins: (string | undefined)[]
  /** Set: every request is answered with this status. */
  status: number | undefined
}

/** Starts an HTTP server that answers like a Schema Registry. `schemas` are by id; `subjects` by `SUBJECT/versions/VERSION`. */
export async function startRegistry(
  schemas: Readonly<Record<number, StoredSchema>>,
  subjects: Readonly<Record<string, StoredSchema>> = {},
): Promise<TestRegistry> {
  const requests: string[] = []
  const logins: (string | undefined)[] = []
  const find = ({ url = '' }: IncomingMessage): StoredSchema | undefined => {
    const [, id] = /^\/schemas\/ids\/(\d+)$/.exec(url) ?? []
    return id === undefined ? subjects[decodeURIComponent(url.replace('/subjects/', ''))] : schemas[Number(id)]
  }
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    logins.push(request.headers.authorization)
    const found = find(request)
    const status = registry.status ?? (found === undefined ? 404 : 200)
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
    response.end(JSON.stringify(status === 200 ? found : { error_code: 40403, message: 'Schema not found' }))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const registry: TestRegistry = {
    url: `http://127.0.0.1:${port}`,
    requests,
    logins,
    status: undefined,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => void server.close(resolve))
    },
  }
  return registry
}

/** Puts the header of a schema id before an encoded value. */
export const withSchemaId = (id: number, ...parts: readonly Uint8Array[]): Buffer => {
  const header = Buffer.alloc(5)
  header.writeUInt32BE(id, 1)
  return Buffer.concat([header, ...parts])
}
