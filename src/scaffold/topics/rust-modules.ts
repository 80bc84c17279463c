import { spellings } from '../name.ts'
import { textIfThere } from '../plan/target.ts'
import type { Step } from './topic.ts'

/** The enum of an aggregate's payloads, and the file of a Rust service that it would be in. */
interface PayloadEnum {
  readonly file: string
  readonly name: string
}

/** What a saga of a Rust service names to read and write, and is not there: the aggregates of other services. */
export function missingEnums(root: string, steps: readonly Step[]): readonly PayloadEnum[] {
  return steps.flatMap(({ aggregate }) => {
    const file = `src/aggregates/${spellings.snake(aggregate)}.rs`
    const name = `${spellings.pascal(aggregate)}Action`
    return new RegExp(`\\benum\\s+${name}\\b`).test(textIfThere(root, file) ?? '') ? [] : [{ file, name }]
  })
}
