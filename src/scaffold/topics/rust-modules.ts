import { spellings } from '../name.ts'
import { textIfThere } from '../plan/target.ts'
import type { Step } from './topic.ts'

/** The enum of an aggregate's payloads, with the file of a Rust service where the enum belongs. */
interface PayloadEnum {
  readonly file: string
  readonly name: string
}

/** Returns the enums that a Rust saga uses but the service lacks, because their aggregates are in other services. */
export function missingEnums(root: string, steps: readonly Step[]): readonly PayloadEnum[] {
  return steps.flatMap(({ aggregate }) => {
    const file = `src/aggregates/${spellings.snake(aggregate)}.rs`
    const name = `${spellings.pascal(aggregate)}Action`
    return new RegExp(`\\benum\\s+${name}\\b`).test(textIfThere(root, file) ?? '') ? [] : [{ file, name }]
  })
}
