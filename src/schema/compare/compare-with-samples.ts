import { addReads, type SampledReads, samplePayloads } from '../evidence/sample-payloads.ts'
import type { Fields, Schema } from '../model.ts'
import { leafPaths, stepsOf } from '../show/select-types.ts'
import { structuralChanges } from './compare-schemas.ts'
import { SAME } from './effect.ts'
import { partsOf } from './parts.ts'
import { type ChangeKind, kindsByRisk, type SchemaChange } from './schema-change.ts'
import { wireEffects } from './wire-comparison.ts'

/**
 * Lists the changes between two schemas as {@link structuralChanges} does, and checks each of them with random payloads, which are
 * written with the old types and read with the new ones. The structure says what can happen to one type. Only the whole payload
 * says whether the bytes after it decode by chance, or whether two changes together leave the bytes as they were:
 * - If a payload is read as another value, a change of it is silent, whatever the structure says.
 * - If the whole payload has the same parts in the same order, such as after a field moved out of a nested struct, the changes in
 *   it are safe.
 *
 * Random payloads do not prove that a change never has an effect: a rare value may be missing among them.
 */
export function compareSchemas(before: Schema, after: Schema): SchemaChange[] {
  const structural = structuralChanges(before, after)
  if (structural.length === 0) return []
  const paths = affectedPaths(before, structural)
  const forward = samplePayloads(before, after, [...paths.keys()])
  const pathsAfter = new Set(payloadPaths(after))
  const backward = samplePayloads(
    after,
    before,
    [...paths.keys()].filter((path) => pathsAfter.has(path)),
  )
  const unmoved = withoutRegrouped(before, after, structural, paths, forward)
  const kinds = raised(unmoved, 'kind', paths, forward)
  const judged = raised(kinds, 'oldReaders', paths, backward).map((change): SchemaChange => {
    const reads = addReads(pathsOf(change, paths).flatMap((path) => forward.get(path) ?? []))
    if (reads === undefined) return change
    const leftoverBytes = change.kind === 'breaks' && (change.leftoverBytes || reads.leftover > 0)
    return { ...withDecodedVariants(change, paths, forward), leftoverBytes, sampled: reads }
  })
  return judged.sort((a, b) => kindsByRisk.indexOf(a.kind) - kindsByRisk.indexOf(b.kind))
}

/** Corrects what a change says about the bytes of variants, if random payloads of a variant decode as another variant. */
function withDecodedVariants(
  change: SchemaChange,
  paths: Paths,
  reads: ReadonlyMap<string, SampledReads>,
): SchemaChange {
  const isDecoded = (variant: string): boolean =>
    pathsOf(change, paths).some((path) => path.split('.').includes(variant) && reads.get(path)?.example !== undefined)
  if (change.code === 'variant-replaced') {
    return { ...change, isDecoded: change.isDecoded || change.kind === 'silent' }
  }
  if (change.code !== 'variants-renumbered') return change
  const misread = change.misread.map((one) =>
    one.after !== undefined && one.outcome === 'fails' && isDecoded(one.before)
      ? { ...one, outcome: 'decodes-or-fails' as const }
      : one,
  )
  return { ...change, misread }
}

/** The variants of the root that payloads can begin with, or the empty text for a root that is not an enum. */
function payloadPaths(schema: Schema): string[] {
  const paths = leafPaths(schema)
  return paths.length === 0 ? [''] : paths
}

/** The payloads of the old types by path, each with the names by which changes refer to it. */
type Paths = ReadonlyMap<string, ReadonlySet<string>>

function affectedPaths(before: Schema, changes: readonly SchemaChange[]): Paths {
  const changed = new Set(changes.flatMap(({ events }) => events))
  const all = new Map<string, Set<string>>(payloadPaths(before).map((path) => [path, new Set([path])]))
  for (const [event, path] of before.events) {
    for (const [inner, names] of all) if (inner === path || inner.startsWith(`${path}.`)) names.add(event)
  }
  return new Map([...all].filter(([path, names]) => path === '' || [...names].some((name) => changed.has(name))))
}

/** The payloads that contain what a change is about. A root that is not an enum has one kind of payload. */
function pathsOf({ events }: SchemaChange, paths: Paths): string[] {
  if (paths.has('')) return ['']
  const changed = new Set(events)
  return [...paths].flatMap(([path, names]) => ([...names].some((name) => changed.has(name)) ? [path] : []))
}

/** Makes changes safe whose payloads have the same parts in the same order as before, in other structs. */
function withoutRegrouped(
  before: Schema,
  after: Schema,
  changes: readonly SchemaChange[],
  paths: Paths,
  forward: ReadonlyMap<string, SampledReads>,
): SchemaChange[] {
  const none = () => false
  const effects = [wireEffects(before.types, after.types, none), wireEffects(after.types, before.types, none)] as const
  const isUnchanged = (path: string): boolean => {
    const reads = forward.get(path)
    if (reads === undefined || reads.unchanged < reads.count) return false
    const [fields, fieldsAfter] = [contentsOf(before, path), contentsOf(after, path)]
    if (fields === undefined || fieldsAfter === undefined) return false
    const [parts, partsAfter] = [partsOf(fields), partsOf(fieldsAfter)]
    return effects[0].ofParts(parts, partsAfter, true) === SAME && effects[1].ofParts(partsAfter, parts, true) === SAME
  }
  const silent = new Set(changes.filter(({ kind }) => kind === 'silent').flatMap((change) => pathsOf(change, paths)))
  const breaking = changes.filter(({ kind }) => kind === 'breaks').flatMap((change) => pathsOf(change, paths))
  const unchanged = new Set([...new Set(breaking)].filter((path) => !silent.has(path) && isUnchanged(path)))
  return changes.map((change) => {
    const own = pathsOf(change, paths)
    if (change.kind !== 'breaks' || own.length === 0 || !own.every((path) => unchanged.has(path))) return change
    return { ...change, kind: 'safe', oldReaders: 'safe', leftoverBytes: false, isRegrouped: true }
  })
}

/** The contents of the root, or of a variant that payloads can begin with. */
function contentsOf(schema: Schema, path: string): Fields | undefined {
  if (path === '') {
    const type = schema.types.get(schema.root)
    return type?.kind === 'struct' ? type.fields : undefined
  }
  const steps = stepsOf(schema, path)
  const last = steps.length === path.split('.').length ? steps.at(-1) : undefined
  const type = last === undefined ? undefined : schema.types.get(last.enum)
  return type?.kind === 'enum' ? type.variants.find(({ name }) => name === last?.variant)?.fields : undefined
}

/**
 * Raises the kind of changes to what happened to random payloads. If several changes of a payload may be the reason, all of them
 * are raised, because only together they keep the payload from being refused.
 */
function raised(
  changes: readonly SchemaChange[],
  key: 'kind' | 'oldReaders',
  paths: Paths,
  reads: ReadonlyMap<string, SampledReads>,
): SchemaChange[] {
  const kinds = changes.map((change) => change[key])
  const owns = changes.map((change) => new Set(pathsOf(change, paths)))
  for (const [path, { unchanged, example, count }] of reads) {
    const found: ChangeKind = example !== undefined ? 'silent' : unchanged < count ? 'breaks' : 'safe'
    const covering = changes.flatMap((_, index) => (owns[index]?.has(path) ? [index] : []))
    const worst = kindsByRisk.find((kind) => covering.some((index) => kinds[index] === kind))
    if (worst === undefined || kindsByRisk.indexOf(worst) <= kindsByRisk.indexOf(found)) continue
    for (const index of covering) if (kinds[index] === worst) kinds[index] = found
  }
  return changes.map((change, index) => ({ ...change, [key]: kinds[index] as ChangeKind }))
}
