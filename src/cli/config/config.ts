import type { ServiceDeclaration } from '../../operations/topology/services.ts'
import type { SelectingFlags } from '../same-bus.ts'
import type { BusAddress } from './bus-address.ts'
import type { ColorChoice } from './color.ts'
import type { Profile, TopicSettings } from './config-file.ts'
import type { Guard } from './guard.ts'
import type { RegistrySetting } from './registry/registry-setting.ts'
import type { Setting } from './setting.ts'
import type { StoreAddress } from './store-address.ts'
import type { Ask, Asks } from './trust/consent.ts'

/** The flags of the bus, of the event store and of colors. `resolveConfig` documents how they rank with the environment and files. */
export interface BusFlags extends SelectingFlags {
  readonly 'max-batch-bytes'?: number | undefined
  /** The URL of a Schema Registry. */
  readonly registry?: string | undefined
  readonly 'no-color'?: boolean | undefined
}

/** The settings in force for a command. */
export interface Config {
  /** The files that were read. */
  readonly files: readonly string[]
  /** The path of the project's file, if there is one. The file is untrusted: README.md of `src/cli` lists what it may set. */
  readonly project: string | undefined
  /** A sentence about a file that was found and is ignored: which file, why, and what to do about it. */
  readonly ignored: string | undefined
  /** What the project's file asks for that needs the user's consent; `bus` and `registry` are what those in force need. */
  readonly consent: (Asks & { readonly bus: readonly Ask[]; readonly registry: readonly Ask[] }) | undefined
  /** The profiles of all files, by name. `isInBothFiles`: the project's file and the user's file have a profile of this name. */
  readonly profiles: ReadonlyMap<string, { readonly isGuarded: boolean; readonly isInBothFiles: boolean }>
  readonly profile: Setting<string> | undefined
  readonly bus: Setting<BusAddress>
  /** The largest record batch to read from brokers, in bytes. The same limit as in `bus`, but with its own source. */
  readonly maxBatchBytes: Setting<number> | undefined
  /** The guard of the bus: a profile that is `readOnly` or `protected`, so that changes are refused or need confirmation. */
  readonly guard: Guard | undefined
  /** The address of the event store. It may hold a password, so print it only through `shownStore`. */
  readonly store: Setting<StoreAddress>
  /** The schema file or folder. */
  readonly schemas: SchemasSetting | undefined
  /** The Schema Registry. Its password is a reference; print it only through `shownRegistry`. */
  readonly registry: Setting<RegistrySetting> | undefined
  /** The folder of templates. */
  readonly templates: Setting<string> | undefined
  /** When to print colors, if a flag, a variable or the profile says it. */
  readonly color: Setting<ColorChoice> | undefined
  /** The declared topics and their settings, by name. */
  readonly topics: ReadonlyMap<string, Setting<TopicSettings>>
  /** The declared services, by name. */
  readonly services: ReadonlyMap<string, Setting<ServiceDeclaration>>
}

/** The schema file or folder. */
export interface SchemasSetting extends Setting<string> {
  /** False for a path from a configuration file, which need not exist yet. */
  readonly mustExist: boolean
  /** Whether it is a setting of the profile in force, and not of a whole file. */
  readonly isOfProfile: boolean
}

/** The parts of the process that configuration depends on. */
export interface ConfigSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly cwd: string
  /** The folder in which crbus remembers choices of this user, such as the current profile. Absent: none is remembered. */
  readonly stateFolder?: string | undefined
}

/** The profile in force, and its source: `--profile`, `CRBUS_PROFILE`, `crbus profile use` or the path of the file that names it. */
export interface ChosenProfile {
  readonly profile: Profile
  readonly from: string
}
