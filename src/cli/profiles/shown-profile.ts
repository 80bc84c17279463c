import type { BusAddress } from '../config/bus-address.ts'
import type { ColorChoice } from '../config/color.ts'
import type { ConfigFile, Profile } from '../config/config-file.ts'
import type { Guard } from '../config/guard.ts'
import { shownRegistry } from '../config/registry/registry-setting.ts'
import { resolveSecurity, type Security } from '../config/security/resolve-security.ts'
import { type ShownSecurity, shownSecurity } from '../config/security/shown-security.ts'
import type { Setting } from '../config/setting.ts'
import { shownStore } from '../config/store-address.ts'
import { UsageError } from '../errors.ts'

/** The address of a bus, without secrets. */
export type ShownBus =
  | (Omit<Extract<BusAddress, { kind: 'kafka' }>, 'security'> & ShownSecurity)
  | Extract<BusAddress, { kind: 'embedded' }>

/** A profile as commands show it, without secrets. Its keys are those of `crbus config`. */
export interface ShownProfile {
  readonly name: string
  readonly file: string
  /** Absent: the bus that would be used without the profile. */
  readonly bus: (ShownBus & { readonly from: string }) | undefined
  readonly maxBatchBytes: Setting<number> | undefined
  readonly guard: Guard | undefined
  /** Where the event store is: an address, a path or `env:NAME`. */
  readonly storeLocation: string | undefined
  readonly schemas: Setting<string> | undefined
  readonly registry: Setting<string> | undefined
  readonly color: Setting<ColorChoice> | undefined
  /** Why the settings of TLS and login cannot be used as they are. */
  readonly problem: string | undefined
}

/** A profile in the list of all profiles. */
export interface ListedProfile extends ShownProfile {
  readonly isCurrent: boolean
  /** Whether the project's file has a profile of the same name, which replaces this one. */
  readonly isHidden: boolean
}

/** Returns an address without secrets. */
export function shownBus(bus: BusAddress): ShownBus {
  if (bus.kind === 'embedded') return bus
  const { security, ...address } = bus
  return { ...address, ...(security && shownSecurity(security)) }
}

/** Returns a profile without secrets. */
export function shownProfile({ name, file, bus, store, guard, maxBatchBytes, ...profile }: Profile): ShownProfile {
  const { security, problem } = securityOf(profile, bus)
  const { clusterId, schemas, registry, color } = profile
  return {
    name,
    file,
    bus: bus && { ...shownBus(bus.kind === 'kafka' ? { ...bus, security, clusterId } : bus), from: file },
    maxBatchBytes: maxBatchBytes === undefined ? undefined : { value: maxBatchBytes, from: file },
    guard: guard && { kind: guard, profile: name, file, isByAddress: false },
    storeLocation: store && (store.kind === 'env' ? `env:${store.variable}` : shownStore(store)),
    schemas: schemas === undefined ? undefined : { value: schemas, from: file },
    registry: registry && { value: shownRegistry(registry), from: file },
    color: color && { value: color, from: file },
    problem,
  }
}

/** Returns the settings of TLS and login, or why they cannot be used as they are. */
function securityOf({ security }: Pick<Profile, 'security'>, bus: BusAddress | undefined) {
  try {
    const brokers = bus?.kind === 'kafka' ? bus.brokers : ''
    return { security: resolveSecurity([security], brokers) as Security | undefined, problem: undefined }
  } catch (error) {
    if (error instanceof UsageError) return { security: undefined, problem: error.message }
    throw error
  }
}

/** Lists the profiles of all files, those of the project first. `current` is the name of the profile in force. */
export function listProfiles(files: readonly ConfigFile[], current: string | undefined): ListedProfile[] {
  const seen = new Set<string>()
  return files.flatMap(({ profiles }) =>
    [...profiles.values()].map((profile) => {
      const isHidden = seen.has(profile.name)
      seen.add(profile.name)
      return { ...shownProfile(profile), isCurrent: profile.name === current && !isHidden, isHidden }
    }),
  )
}

type ShownPart = NonNullable<ShownSecurity['tls'] | ShownSecurity['sasl']>

/** Returns the settings of TLS or of the login as words: `name value`. */
const formatKeys = ({ from: _, ...keys }: ShownPart): string[] =>
  Object.entries(keys).map(([name, value]) => (value === true ? name : `${name} ${value}`))

/** Returns the rows for a bus in the table of settings: its name, value and source. */
export function rowsOfBus(bus: ShownBus & { readonly from: string }): string[][] {
  if (bus.kind === 'embedded') return [['data-dir', bus.folder, bus.from]]
  const { brokers, tls, sasl, clusterId, from } = bus
  return [
    ['brokers', brokers, from],
    ...(tls === undefined ? [] : [['tls', ['on', ...formatKeys(tls)].join(', '), tls.from]]),
    ...(sasl === undefined ? [] : [['sasl', formatKeys(sasl).join(', '), sasl.from]]),
    ...(clusterId === undefined ? [] : [['clusterId', clusterId, from]]),
  ]
}

/** Returns the rows for a profile in the table of settings. */
export function rowsOfProfile(profile: ShownProfile): string[][] {
  const { name, file, bus, maxBatchBytes, guard, storeLocation, schemas, registry, color, problem } = profile
  const row = (key: string, value: string | undefined) => (value === undefined ? [] : [[key, value, file]])
  return [
    ...row('profile', name),
    ...(bus === undefined ? [] : rowsOfBus(bus)),
    ...row('problem', problem),
    ...row('max-batch-bytes', maxBatchBytes && String(maxBatchBytes.value)),
    ...row('guard', guard?.kind),
    ...row('store', storeLocation),
    ...row('schemas', schemas?.value),
    ...row('registry', registry?.value),
    ...row('color', color?.value),
  ]
}

/** Describes TLS and login in a few words: `TLS, SCRAM-SHA-256 as alice`. */
export function securityWords({ bus, problem }: ShownProfile): string {
  if (problem !== undefined) return 'incomplete'
  if (bus?.kind !== 'kafka') return ''
  const { tls, sasl } = bus
  const words = [
    ...(tls === undefined ? [] : ['TLS']),
    ...(tls?.cert !== undefined || tls?.pfx !== undefined ? ['client certificate'] : []),
    ...(tls?.insecure ? ['NOT verified'] : tls?.anyHostName ? ['host names NOT verified'] : []),
    ...(sasl === undefined ? [] : [`${sasl.mechanism}${sasl.username === undefined ? '' : ` as ${sasl.username}`}`]),
  ]
  return words.length === 0 ? 'none' : words.join(', ')
}
