import { fetchSchema, type Registry } from '../../operations/registry/fetch-schema.ts'
import { RegistryDecoder } from '../../operations/registry/registry-decoder.ts'
import type { ConfigSurroundings } from '../config/config.ts'
import type { RegistrySetting } from '../config/registry/registry-setting.ts'
import { loadOptionalPackage } from '../config/security/optional-package.ts'
import { readSecret } from '../config/security/secrets/read-secret.ts'

interface Surroundings {
  readonly env: ConfigSurroundings['env']
  readonly signal: AbortSignal
  readonly onNotice: (text: string) => void
}

/** The formats of the packages that users install beside crbus. */
const formats = { avsc: 'Avro', protobufjs: 'Protobuf' } as const

/** Opens the decoder of values whose schemas are in a registry. Reads the login, but does not connect. */
export async function openRegistry(
  setting: RegistrySetting,
  { env, signal, onNotice }: Surroundings,
): Promise<RegistryDecoder> {
  const registry: Registry = { url: setting.url, authorization: await authorizationOf(setting, env) }
  return new RegistryDecoder({
    fetchSchema: (id) => fetchSchema(registry, id, signal),
    loadPackage: async (name) => {
      const loaded = await loadOptionalPackage<object>(name, `decoding ${formats[name]}`)
      // Both packages are CommonJS.
      return 'default' in loaded ? loaded.default : loaded
    },
    onUnreachable: (reason) => {
      if (!signal.aborted)
        onNotice(`the schema registry ${setting.url} cannot be used: ${reason}; values are shown as bytes`)
    },
  })
}

/** Returns the header of a login with a user name and a password (RFC 7617); `undefined` without a login. */
async function authorizationOf(
  { username, password }: RegistrySetting,
  env: ConfigSurroundings['env'],
): Promise<string | undefined> {
  if (username === undefined || password === undefined) return undefined
  const name = await readSecret(username, 'the user name of the schema registry', env)
  const word = await readSecret(password, 'the password of the schema registry', env)
  return `Basic ${Buffer.from(`${name}:${word}`).toString('base64')}`
}
