import type { SchemaChange } from '../../operations/schemas/diff.ts'

/** Limit for the characters of a value in an example. */
const MAX_VALUE_LENGTH = 100

/** Says how many random values of the old types are read wrongly, or not at all: a sentence each, without full stops. */
export function sampledTexts({ kind, sampled }: SchemaChange): string[] {
  if (sampled === undefined || kind === 'safe') return []
  const { count, other, leftover, failed, example, leftoverExample } = sampled
  const share = (number: number) => `${number} of ${count} random values`
  const texts: string[] = []
  if (other > 0)
    texts.push(`${share(other)} ${are(other)} read as other values without an error${exampleText(example)}`)
  else if (kind === 'silent')
    texts.push(`none of ${count} random values is read as another value, but rarer values are${exampleText(example)}`)
  if (leftover > 0) {
    texts.push(
      `${share(leftover)} leave bytes over at the end: strict readers refuse them, and bincode::deserialize reads them without an error${exampleText(leftoverExample)}`,
    )
  }
  if (failed > 0) texts.push(`${share(failed)} ${are(failed)} refused by every reader`)
  return texts
}

const are = (count: number): string => (count === 1 ? 'is' : 'are')

type Example = NonNullable<SchemaChange['sampled']>['example']

const exampleText = (example: Example): string =>
  example === undefined ? '' : `, for example ${valueText(example.written)} as ${valueText(example.read)}`

function valueText(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text
}
