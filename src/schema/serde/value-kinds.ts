import { describeValue } from '../json-text.ts'
import type { Primitive, Type } from '../model.ts'
import type { EnumPlan, VariantPlan } from './plan.ts'

/**
 * Thrown and caught inside this room: the value does not have the type. The path grows as the exception passes the
 * parts around. It does not extend Error, because it is thrown often and needs no stack.
 */
export class Misfit {
  readonly message: string
  path = ''
  /** Whether trying other variants is pointless. */
  readonly isFinal: boolean

  constructor(reason: string, isFinal = false) {
    this.message = reason
    this.isFinal = isFinal
  }

  /** Adds the name of a field or a variant, or the index of an item, at the beginning of the path. */
  within(part: string | number): this {
    const step = typeof part === 'number' ? `[${part}]` : part
    const isJoined = this.path === '' || this.path.startsWith('[')
    this.path = isJoined ? `${step}${this.path}` : `${step}.${this.path}`
    return this
  }
}

/** The most variants of which an error says why they do not fit, and the length of each reason, which may contain reasons itself. */
const MAX_REASONS = 3
const MAX_REASON_CHARS = 120

/**
 * Steps after which a payload is refused. Variants without names are tried one after the other, also inside each other, so that a
 * hostile payload might take forever.
 */
export const MAX_STEPS = 1_000_000

/**
 * Returns the result of `attempt` for the first variant without a name that fits, as serde does. Throws a {@link Misfit} if none
 * does, or `otherwise` if every variant has a name.
 */
export function firstUntagged<T>(
  { name, variants }: EnumPlan,
  value: unknown,
  otherwise: string,
  attempt: (variant: VariantPlan) => T,
): T {
  const reasons: string[] = []
  for (const variant of variants) {
    if (!variant.isUntagged) continue
    try {
      return attempt(variant)
    } catch (error) {
      if (!(error instanceof Misfit) || error.isFinal) throw error
      const reason = `${variant.variant}: ${error.path === '' ? '' : `${error.path}: `}${error.message}`
      if (reasons.length <= MAX_REASONS)
        reasons.push(reason.length > MAX_REASON_CHARS ? `${reason.slice(0, MAX_REASON_CHARS).toWellFormed()}…` : reason)
    }
  }
  if (reasons.length === 0) throw new Misfit(otherwise)
  const more = reasons.length > MAX_REASONS ? '; …' : ''
  throw new Misfit(
    `${describeValue(value)} fits no variant of ${name} (${reasons.slice(0, MAX_REASONS).join('; ')}${more})`,
  )
}

/** An object of JSON. */
export type JsonFields = Readonly<Record<string, unknown>>

export const isFields = (raw: unknown): raw is JsonFields =>
  typeof raw === 'object' &&
  raw !== null &&
  !Array.isArray(raw) &&
  !(raw instanceof Uint8Array) &&
  !(raw instanceof Date)

export const asFields = (value: unknown): JsonFields => (isFields(value) ? value : {})

/** Sets a field, also one with the name `__proto__`. */
export const setField = (fields: Record<string, unknown>, name: string, value: unknown): void => {
  Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Enough names to recognize an enum by. */
const MAX_NAMES = 8

export const listed = (variants: readonly VariantPlan[]): string => {
  const names = variants.slice(0, MAX_NAMES).map(({ name }) => name)
  return `${names.join(', ')}${variants.length > MAX_NAMES ? ', …' : ''}`
}

/** The widths of the integer types. */
export const BITS: Readonly<Partial<Record<Primitive, number>>> = {
  ...{ u8: 8, u16: 16, u32: 32, u64: 64, u128: 128, usize: 64 },
  ...{ i8: 8, i16: 16, i32: 32, i64: 64, i128: 128, isize: 64 },
}

export const isU8 = (type: Type): boolean => type.kind === 'u8'

/** Whether a decoded value has a primitive type. */
export function hasKind(kind: Primitive, raw: unknown): boolean {
  switch (kind) {
    case 'unit':
      return raw === null || (Array.isArray(raw) && raw.length === 0)
    case 'bool':
      return typeof raw === 'boolean'
    case 'f32':
    case 'f64':
      return typeof raw === 'number' || typeof raw === 'bigint'
    case 'char':
      return typeof raw === 'string' && [...raw.slice(0, 4)].length === 1
    case 'String':
      return typeof raw === 'string'
    case 'bytes':
      return raw instanceof Uint8Array || (Array.isArray(raw) && raw.every((item) => hasKind('u8', item)))
    default:
      return isInteger(raw, kind.startsWith('i'), BITS[kind] ?? 0)
  }
}

/** Whether a value is an integer of a width. */
export function isInteger(raw: unknown, isSigned: boolean, bits: number): boolean {
  if (typeof raw !== 'bigint' && !(typeof raw === 'number' && Number.isInteger(raw))) return false
  const value = BigInt(raw)
  return (isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value
}
