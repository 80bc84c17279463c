import { readFileSync } from 'node:fs'

export const vectorsFolder = new URL('../../../vectors/', import.meta.url).pathname
export const committedVectors = readFileSync(`${vectorsFolder}vectors.txt`, 'utf8')

const vectors = new Map(
  committedVectors
    .trim()
    .split('\n')
    .map((line) => line.split('\t') as [string, string]),
)

/** The bytes that the Rust crate printed under a name. */
export function vector(name: string): Buffer {
  const hex = vectors.get(name)
  if (hex === undefined) throw new Error(`there is no vector ${name}`)
  return Buffer.from(hex, 'hex')
}
