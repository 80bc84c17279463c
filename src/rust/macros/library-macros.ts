import type { RustInvocation } from '../ast.ts'
import { tokensInside } from './tokens.ts'
import { transcribe } from './transcribe.ts'

export const isBitflags = ({ name }: RustInvocation): boolean => /(^|::)bitflags$/.test(name)

/**
 * Expands `bitflags! { struct Rights: u8 { … } }` to `struct Rights (u8);`: every version of the crate serializes flags as a
 * number.
 */
export function expandBitflags({ tokens }: RustInvocation): string {
  const input = tokensInside(tokens)
  const parts: string[] = []
  let start = 0
  for (const [index, token] of input.entries()) {
    if (token.group === undefined || token.text !== '{') continue
    const head = input.slice(start, index)
    const colon = head.findIndex(({ text }, at) => text === ':' && head[at - 2]?.text === 'struct')
    if (colon !== -1) {
      const [before, type] = [head.slice(0, colon), head.slice(colon + 1)]
      parts.push(`${transcribe(before)} (${transcribe(type)});`)
    }
    start = index + 1
  }
  return parts.join('\n')
}

export const isNewKeyType = ({ name }: RustInvocation): boolean => /^(::)?(slotmap::)?new_key_type$/.test(name)

/**
 * Expands slotmap's `new_key_type! { struct OrderKey; }` to `struct OrderKey (::slotmap::KeyData);`. The macro implements serde's
 * traits if the feature `serde` is on.
 */
export function expandNewKeyType({ tokens }: RustInvocation): string {
  const input = tokensInside(tokens)
  const parts: string[] = []
  let start = 0
  for (const [index, { text }] of input.entries()) {
    if (text !== ';') continue
    const head = transcribe(input.slice(start, index))
    parts.push(`#[derive(::serde::Serialize, ::serde::Deserialize)] ${head} (::slotmap::KeyData);`)
    start = index + 1
  }
  return parts.join('\n')
}

export const isCfgIf = ({ name }: RustInvocation): boolean => /(^|::)cfg_if$/.test(name)

/**
 * Splits `cfg_if! { if #[cfg(unix)] { … } else { … } }` into its branches, each with the `cfg` attributes under which it
 * applies.
 */
export function branchesOfCfgIf({ tokens }: RustInvocation): { attributes: string; body: string }[] {
  const branches: { attributes: string; body: string }[] = []
  const before: string[] = []
  let condition: string | undefined
  for (const { text, group = [] } of tokensInside(tokens)) {
    if (text === '[') condition = transcribe(group.find((token) => token.group)?.group ?? [])
    if (text !== '{') continue
    const own = condition === undefined ? '' : `#[cfg(${condition})]`
    const others = before.length === 0 ? '' : `#[cfg(not(any(${before.join(', ')})))]`
    branches.push({ attributes: own + others, body: transcribe(group) })
    if (condition !== undefined) before.push(condition)
    condition = undefined
  }
  return branches
}
